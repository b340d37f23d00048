import { beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyBook } from '../../../domain/access/keyBook.ts';
import type { KeyFacts } from '../../../domain/access/keyTable.ts';
import type { Database } from '../../../platform/postgres.ts';
import { digestOf } from '../../../platform/sha256.ts';
import { silentLog } from '../../support/database.ts';

const KEY = `mmk_${'a'.repeat(12)}_${'1'.repeat(64)}`;
const OTHER = `mmk_${'b'.repeat(12)}_${'1'.repeat(64)}`;
const FACTS: KeyFacts = {
  ...{ name: 'ann', role: 'operator', digest: digestOf(KEY), requests_per_minute: null, expires_at: null, is_revoked: false },
};

let ms: number;
let asked: string[];
let rows: Map<string, KeyFacts>;
let isAway: boolean;
/** Postgres, which answers what the test says: there is no other way to see how often it is asked. */
const db = {
  query: async (_sql: string, [keyId = '']: readonly string[] = []) => {
    asked.push(keyId);
    if (isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const found = rows.get(keyId);
    return { rows: found ? [found] : [] };
  },
} as unknown as Database;

let book: ReturnType<typeof createKeyBook>;
beforeEach(() => {
  [ms, asked, isAway] = [0, [], false];
  rows = new Map([['a'.repeat(12), FACTS]]);
  book = createKeyBook(db, silentLog, () => ms);
});

const ANN = { name: 'ann', role: 'operator', keyId: 'a'.repeat(12) };

describe('an issued key', () => {
  test('is known by its digest; what differs in one digit is nobody', async () => {
    expect(await book.find(KEY)).toEqual(ANN);
    expect(await book.find(KEY.replace(/1$/, '2'))).toBeUndefined();
    expect(await book.find(OTHER)).toBeUndefined();
  });

  test('what is no key asks nobody', async () => {
    for (const text of ['mmk_', KEY.slice(1), KEY.toUpperCase(), `${KEY}0`, 'x'.repeat(100_000)])
      expect(await book.find(text)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test('is asked for once in three seconds, however many come at once, also one that there is not', async () => {
    await Promise.all([book.find(KEY), book.find(KEY), book.find(OTHER), book.find(OTHER)]);
    ms += 2_999;
    await Promise.all([book.find(KEY), book.find(OTHER)]);
    expect(asked).toHaveLength(2);
  });

  test('that is revoked is out three seconds later', async () => {
    await book.find(KEY);
    rows.set('a'.repeat(12), { ...FACTS, is_revoked: true });
    ms += 3_000;
    expect(await book.find(KEY)).toBeUndefined();
  });

  test('that is over is out at once', async () => {
    rows.set('a'.repeat(12), { ...FACTS, expires_at: new Date(Date.now() - 1) });
    expect(await book.find(KEY)).toBeUndefined();
  });
});

describe('while the database is away', () => {
  test('a key that was good goes on for a minute and is asked for every three seconds; then nobody can tell', async () => {
    await book.find(KEY);
    isAway = true;
    ms += 3_000;
    expect(await Promise.all([book.find(KEY), book.find(KEY)])).toEqual([ANN, ANN]);
    expect(asked).toHaveLength(2);
    ms = 60_000;
    expect(await book.find(KEY)).toEqual(ANN);
    ms += 3_000;
    await expect(book.find(KEY)).rejects.toThrow('postgres is not available');
    isAway = false;
    expect(await book.find(KEY)).toEqual(ANN);
  });

  test('a key that nobody read before, a wrong one and a revoked one stay out', async () => {
    rows.set('b'.repeat(12), { ...FACTS, digest: digestOf(OTHER), is_revoked: true });
    expect(await book.find(OTHER)).toBeUndefined();
    isAway = true;
    await expect(book.find(KEY)).rejects.toMatchObject({ kind: 'unavailable' });
    ms += 3_000;
    expect(await book.find(OTHER)).toBeUndefined();
    expect(await book.find(KEY.replace(/1$/, '2')).catch(() => 'nobody can tell')).toBe('nobody can tell');
  });
});
