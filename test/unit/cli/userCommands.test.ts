import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi('users');
const RECEIPT = '00000000-0000-4000-8000-000000000001';
const ERASURE = {
  receipt: RECEIPT,
  state: 'running',
  requested_by: 'anna',
  requested_at: '2026-11-23T22:55:00.000Z',
  erased_before: '2026-11-23T22:55:00.000Z',
  is_repeated: false,
  waits_for: ['training/a'],
  done_at: null,
};
const store = (name: string, over: object = {}) => ({
  ...{ store: name, state: 'erased', erased: 3, found: 0, kept_until: null, reason: null, looked_at: null, failure: null },
  ...over,
});
const URL_OF = '/api/v1/users/shop:customer%2012%2F%22';
const ID = 'shop:customer 12/"';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'users '));
});
afterAll(() => rm(folder, { recursive: true }));

describe('users erase', () => {
  test('asks for a yes, and then answers with the receipt', async () => {
    const refused = await ask(['erase', ID]);
    expect(refused).toMatchObject({ exitCode: 2, err: expect.stringContaining('--yes erases') });
    expect(asked()).toEqual([]);
    const done = await ask(['erase', ID, '--yes'], { [`POST ${URL_OF}/erasure`]: { status: 202, body: ERASURE } });
    expect(done.out).toContain(`\`mlops users erasures show ${RECEIPT}\``);
    expect(asked()).toEqual([[`POST ${URL_OF}/erasure`, {}]]);
  });
});

describe('users erasures', () => {
  test('lists what was asked for, and what is waited for', async () => {
    const { out } = await ask(['erasures'], { 'GET /api/v1/erasures': { body: { erasures: [ERASURE] } } });
    expect(cells(out)).toEqual([
      ['RECEIPT', 'STATE', 'ASKED BY', 'ASKED', 'DONE', 'WAITS FOR'],
      [RECEIPT, 'running', 'anna', '2026-11-23 22:55:00', 'training/a'],
    ]);
  });

  test('show tells store by store what was found, what is kept until when, and what cannot be reached', async () => {
    const stores = [
      store('ratings'),
      store('topics', { state: 'kept', found: 4, reason: '4 on user-events', kept_until: '2026-12-01T00:00:00.000Z' }),
      store('features_online', { state: 'failing', found: null, erased: 0, failure: 'Redis is away' }),
    ];
    const { out } = await ask(['erasures', 'show', RECEIPT], { [`GET /api/v1/erasures/${RECEIPT}`]: { body: { ...ERASURE, stores } } });
    expect(out).toContain('waits for training/a');
    expect(cells(out).slice(-3)).toEqual([
      ['ratings', 'erased', '3', '0'],
      ['topics', 'kept', '3', '4', 'until 2026-12-01 00:00:00: 4 on user-events'],
      ['features_online', 'failing', '0', '-', 'Redis is away'],
    ]);
  });

  test('replay starts a run', async () => {
    const run = { run_id: 'erasure-replay/a', workflow: 'erasureReplay' };
    await ask(['erasures', 'replay', '--no-wait'], { 'POST /api/v1/runs': { status: 202, body: run } });
    expect(asked()).toEqual([['POST /api/v1/runs', { workflow: 'erasureReplay', input: {} }]]);
  });
});

describe('users export', () => {
  const file = () => path.join(folder, 'out.jsonl');
  const line = '{"store":"ratings","row":{"user_id":"é"}}\n';

  test('writes the lines as they come, and tells how many', async () => {
    const body = `${line}{"store":"end","row":{"rows":1}}\n`;
    const { out } = await ask(['export', ID, '--to', file()], { [`GET ${URL_OF}/export`]: { text: body } });
    expect(out).toBe(`1 rows are in ${file()}.\n`);
    expect(await readFile(file(), 'utf8')).toBe(body);
    await rm(file());
  });

  test('keeps nothing of one that broke off, or that was refused', async () => {
    const broken = await ask(['export', ID, '--to', file()], { [`GET ${URL_OF}/export`]: { text: line } });
    expect(broken).toMatchObject({ exitCode: 1, err: expect.stringContaining('broke off') });
    const refused = await ask(['export', ID, '--to', file()], {
      [`GET ${URL_OF}/export`]: { status: 403, body: { type: 'about:blank', title: 'Forbidden', status: 403, detail: 'bob is user' } },
    });
    expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining('bob is user') });
    expect(await readdir(folder)).toEqual([]);
  });
});
