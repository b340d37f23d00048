import { CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { conflict, invalid, missing, passing, permanent, unavailable } from '../../../contracts/failures.ts';
import type { ProblemBody } from '../../../contracts/problem.ts';
import { asFolderFailure } from '../../../platform/folderFailure.ts';
import { createHealth } from '../../../platform/health.ts';
import { createHttpApp, listenHttp } from '../../../platform/http/app.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { toTemporalFailure, whyCancelled } from '../../../workers/recordSteps.ts';

const FAILURES = {
  missing: missing('there is no version 7', 'ModelMissing'),
  conflict: conflict('there is a run of that name'),
  invalid: invalid('k', 'at least 1'),
  unavailable: unavailable('postgres'),
  passing: passing('TaskCrashed', 'the process ended'),
  permanent: permanent('NumericalFailure', 'the loss is NaN'),
};

/** What a route answers that throws it. */
async function answer(failure: Error): Promise<{ body: ProblemBody; retryAfter: string | null }> {
  const routes = express.Router().get('/', () => {
    throw failure;
  });
  const access = { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] };
  const log = pino({ level: 'silent' });
  const app = createHttpApp({ log, metrics: createMetrics('test'), health: createHealth(), access, routes });
  const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  const body = (await response.json()) as ProblemBody;
  await server.close();
  expect(body.status).toBe(response.status);
  return { body, retryAfter: response.headers.get('retry-after') };
}

describe('a failure of the domain is answered by our own routes', () => {
  test.each([
    ['missing', 404, 'there is no version 7', null],
    ['conflict', 409, 'there is a run of that name', null],
    ['invalid', 422, 'k: at least 1', null],
    ['unavailable', 503, 'postgres is not available; try again shortly', '2'],
    ['permanent', 500, 'Something went wrong here; the log has it under this request id', null],
  ] as const)('%s: %i', async (kind, status, detail, retryAfter) => {
    const told = await answer(FAILURES[kind]);
    expect([told.body.status, told.body.detail, told.retryAfter]).toEqual([status, detail, retryAfter]);
    expect(told.body.errors).toEqual(kind === 'invalid' ? [{ field: 'k', message: 'at least 1' }] : undefined);
  });
});

describe('a failure of the domain is told to Temporal by its type, and tried again', () => {
  test.each([
    ['missing', false, 'ModelMissing'],
    ['conflict', false, 'Conflict'],
    ['invalid', false, 'InvalidSpec'],
    ['permanent', false, 'NumericalFailure'],
    ['unavailable', true, 'Unavailable'],
    ['passing', true, 'TaskCrashed'],
  ] as const)('%s: %s', (kind, isTriedAgain, type) => {
    expect(toTemporalFailure(FAILURES[kind])).toMatchObject({ nonRetryable: !isTriedAgain, type, message: FAILURES[kind].message });
  });
});

test.each([
  ['EROFS', 'mkdir', 'FolderUnusable'],
  ['ENOENT', 'mkdir', 'FolderUnusable'], // Node's word for a folder with its parents on a file system that takes none
  ['ENOENT', 'open', undefined],
  ['ENOSPC', 'mkdir', undefined],
])('%s by %s: trying again is of no use only where it cannot mend anything', (code, syscall, type) => {
  const error = Object.assign(new Error(`${code}: refused, ${syscall} '/mnt/data'`), { code, syscall, path: '/mnt/data' });
  expect(asFolderFailure(error)?.type).toBe(type);
});

test.each([
  ['CANCELLED', 'cancelled'],
  ['NOT_FOUND', 'cancelled: its run has ended or was set back'],
  ['WORKER_SHUTDOWN', 'cancelled: its worker was told to end'],
  ['HEARTBEAT_DETAILS_CONVERSION_FAILED', 'cancelled: HEARTBEAT_DETAILS_CONVERSION_FAILED'],
])("a step that Temporal cancels for %s says '%s'", (reason, words) => {
  expect(whyCancelled(new CancelledFailure(reason))).toBe(words);
});
