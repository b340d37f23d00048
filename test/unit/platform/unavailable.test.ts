import { expect, test } from '@jest/globals';
import express from 'express';
import pg from 'pg';
import { listenHttp } from '../../../platform/http/app.ts';
import { answerProblems } from '../../../platform/http/problems.ts';
import { silentLog } from '../../support/database.ts';

async function answerTo(sqlState: string) {
  const app = express();
  app.get('/', () => {
    throw Object.assign(new pg.DatabaseError('refused', 0, 'error'), { code: sqlState });
  });
  app.use(answerProblems(silentLog));
  const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
  const { status, headers } = await fetch(`http://127.0.0.1:${server.port}/`, { headers: { connection: 'close' } });
  await server.close();
  return [status, headers.get('retry-after')];
}

// 57014: a statement that took too long on a busy server passes on a quiet one. Classes 08, 53, 57, 58 and the one of class 25 of https://www.postgresql.org/docs/18/errcodes-appendix.html, each of them.
test.each([
  ...['08000', '08003', '08006', '08001', '08004', '08007', '08P01'],
  ...['53000', '53100', '53200', '53300'],
  ...['57014', '57P01', '57P02', '57P03', '57P04', '57P05'],
  ...['58000', '58030', '25006'],
])('a database that says %s is not available: 503 with Retry-After', async (state) => {
  expect(await answerTo(state)).toEqual([503, '2']);
});

test.each(['53400', '57000', '58P01', '58P02', '58P03', '25001', '23505', '42P01', 'XX001'])(
  'one that says %s is there, and the same statement fails again: 500',
  async (state) => {
    expect(await answerTo(state)).toEqual([500, null]);
  },
);
