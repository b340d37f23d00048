import { afterEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { isAlive, identify } from '../../deploy/local/supervision/processIdentity.ts';
import { createChildPool, type ChildPool, type ChildPoolSettings } from '../../platform/childProcess/pool.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { silentLog } from '../support/database.ts';
import { waitFor } from '../support/waitFor.ts';

interface Echo {
  readonly input: unknown;
  readonly pid: number;
}

let pool: ChildPool;
const told: unknown[] = [];
const ended: string[] = [];
const refused: string[] = [];
afterEach(async () => {
  await pool.close();
  for (const list of [told, ended, refused]) list.length = 0;
});

async function start(given: Partial<ChildPoolSettings> = {}): Promise<void> {
  pool = createChildPool({
    file: path.join(PROJECT_ROOT, 'test', 'support', 'troubledMember.mjs'),
    ...{ size: 1, mostMb: 2_000, waitingAtMost: 100, deadlineMs: 60_000, log: silentLog },
    onTold: (_pid, something) => told.push(something),
    onEnded: (_pid, ending) => ended.push(ending),
    onRefused: (reason) => refused.push(reason),
    ...given,
  });
  await allReady(given.size ?? 1);
}
const allReady = (size: number) =>
  waitFor('the processes to be ready', () => pool.members().filter(({ standing }) => standing === 'ready').length === size);
const pids = () => pool.members().map(({ pid }) => pid);
/** While this goes on the process answers nothing, and says nothing either. */
const freeze = () => pids().forEach((pid) => process.kill(pid, 'SIGSTOP'));
const thaw = () => pids().forEach((pid) => process.kill(pid, 'SIGCONT'));

describe('a pool of processes', () => {
  test('answers with plain values and numbers that JSON has no word for, many calls at a time, by all its processes', async () => {
    await start({ size: 2 });
    const input = { score: Number.NaN, scores: new Float32Array([1, 2]) };
    const answers = (await Promise.all(Array.from({ length: 40 }, () => pool.call('echo', input)))) as Echo[];
    expect(answers.every((answer) => Number.isNaN((answer.input as typeof input).score))).toBe(true);
    expect((answers[0]!.input as typeof input).scores).toEqual(input.scores);
    expect(new Set(answers.map(({ pid }) => pid))).toEqual(new Set(pids()));
  });

  test('throws what was thrown, a failure with its kind, type and fields', async () => {
    await start();
    await expect(pool.call('refuse', null)).rejects.toMatchObject({
      ...{ name: 'Failure', kind: 'invalid', type: 'InvalidSpec' },
      errors: [{ field: 'k', message: 'k is far too large' }],
    });
    await expect(pool.call('break', null)).rejects.toThrow('the disk is full');
  });

  test('hears what its processes tell of themselves', async () => {
    await start();
    await pool.call('tell', { loaded: 3 });
    expect(told).toEqual([{ loaded: 3 }]);
  });

  test('gives the calls of a process that was killed to another one, and starts one in its place', async () => {
    await start({ size: 2 });
    const calls = Array.from({ length: 8 }, () => pool.call('later', 300) as Promise<number>);
    const [killed = 0] = pids();
    process.kill(killed, 'SIGKILL');
    const answeredBy = await Promise.all(calls);
    expect(answeredBy).not.toContain(killed);
    await allReady(2);
    expect(pids()).not.toContain(killed);
    expect(ended).toEqual(['crashed']);
  });

  test('refuses a call that two processes ended over, and goes on', async () => {
    await start();
    await expect(pool.call('die', null)).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('Two processes') });
    expect(await pool.call('echo', 1)).toMatchObject({ input: 1 });
    expect(ended).toEqual(['crashed', 'crashed']);
  });

  test('refuses more calls than may wait at once, and those that are not answered in time; the others are answered', async () => {
    await start({ waitingAtMost: 3, deadlineMs: 400 });
    freeze();
    const calls = Array.from({ length: 9 }, () => pool.call('echo', 1));
    const outcomes = await Promise.allSettled(calls);
    const reasons = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as Error);
    expect(reasons.map(({ message }) => message).filter((message) => message.includes('3 requests wait already'))).toHaveLength(2);
    expect(reasons.map(({ message }) => message).filter((message) => message.includes('no answer within 0.4 s'))).toHaveLength(7);
    expect(refused.toSorted()).toEqual([...Array<string>(2).fill('full'), ...Array<string>(7).fill('late')].toSorted());
    thaw();
    expect(await waitFor('an answer', () => pool.call('echo', 2))).toMatchObject({ input: 2 });
  });

  test('ends a process that says nothing any more, and has another one answer', async () => {
    await start({ silentAtMostMs: 2_500 });
    const [silent] = pids();
    freeze();
    expect(((await pool.call('echo', 1)) as Echo).pid).not.toBe(silent);
    expect(ended).toEqual(['hung']);
  });

  test('tells a process that nobody waits any more', async () => {
    await start();
    const leaving = new AbortController();
    const call = pool.call('waitForCancel', null, leaving.signal);
    await waitFor('the call to begin', () => told.length > 0);
    leaving.abort(new Error('hung up'));
    await expect(call).rejects.toThrow('hung up');
    await waitFor('the process to know', () => told.includes('cancelled'));
  });

  test('puts another process in the place of one that has more memory than it may have, without a gap', async () => {
    await start({ mostMb: 300 });
    const [large] = pids();
    await pool.call('grow', 400);
    await waitFor('another process', async () => ((await pool.call('echo', 1)) as Echo).pid !== large);
    await waitFor('the large one to end', () => !pids().includes(large!));
    expect(ended).toEqual(['replaced']);
  });

  test('ends all its processes', async () => {
    await start({ size: 2 });
    const known = pids().map((pid) => identify(pid));
    await pool.close();
    expect(known.filter((one) => isAlive(one))).toEqual([]);
    await expect(pool.call('echo', 1)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
