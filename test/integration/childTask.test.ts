import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { toFailure } from '../../workers/training/runTask.ts';
import { isAlive, identify } from '../../deploy/local/supervision/processIdentity.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { callInChild } from '../../platform/childProcess/parent.ts';
import { busyBound } from '../support/busyBound.ts';
import { waitFor } from '../support/waitFor.ts';

const support = (name: string) => path.join(PROJECT_ROOT, 'test', 'support', name);

const run = (task: string, given: Partial<Parameters<typeof callInChild>[0]> = {}) =>
  callInChild({
    file: support('troubledTask.mjs'),
    name: task,
    input: null,
    heapMb: 64,
    mostMb: 1_000,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onLog: () => undefined,
    ...given,
  });
const failureOf = async (task: string, given = {}) => {
  const error = await run(task, given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return toFailure('training', error);
};

describe('a task in a process of its own', () => {
  test('answers with plain values and numbers that JSON has no word for, and its process is gone', async () => {
    const input = { loss: Number.NaN, weights: new Float32Array([1, 2]) };
    const answer = (await run('echo', { input })) as { input: typeof input; pid: number };
    expect(answer.input).toEqual(input);
    expect(isAlive(identify(answer.pid))).toBe(false);
  });

  test('has what it logs logged by its parent', async () => {
    const lines: unknown[] = [];
    await run('logs', { onLog: (line) => void lines.push(line) });
    expect(lines).toEqual([{ level: 'warn', message: 'a feature was late', fields: { rows: 3 } }]);
  });

  test.each([
    ['fillHeap', {}, 'OutOfMemory', /^training ran out of memory: heap out of memory; give its worker more \(TRAINING_MEMORY_MB\)$/],
    ['nativeRunsOut', {}, 'OutOfMemory', /^training ran out of memory: bad_alloc/],
    ['fillMemory', { mostMb: 200 }, 'OutOfMemory', /^training was ended at \d+ MB, more than its worker has/],
    ['spoilt', {}, 'NumericalFailure', /^the loss is NaN in epoch 1$/],
  ])('that ends by %s fails for good, in words', async (task, given, type, message) => {
    expect(await failureOf(task, given)).toMatchObject({ kind: 'permanent', type, message: expect.stringMatching(message) });
  });

  test.each([
    ['killed', 'OutOfMemory', 'training was killed, as the system does when its memory runs out'],
    ['crashes', 'TaskCrashed', 'the process of training ended with SIGABRT: '],
  ])('that ends by %s fails in words and is tried again', async (task, type, message) => {
    expect(await failureOf(task)).toMatchObject({ kind: 'unavailable', type, message: expect.stringContaining(message) });
  });

  test('that throws what nobody foresaw throws it here, with where it happened', async () => {
    const failure = (await failureOf('broken')) as Error;
    expect(failure.message).toBe('the disk is full');
    expect(failure.stack).toContain('troubledTask.mjs');
  });

  test.each(['polite', 'deep'])('is ended within a second of an abort: one that is %s', async (task) => {
    const cancelling = new AbortController();
    let pid = 0;
    const running = run(task, { signal: cancelling.signal, onProgress: (progress) => (pid = (progress as { pid: number }).pid) });
    running.catch(() => undefined);
    await waitFor('the task to begin', async () => pid > 0);
    const child = identify(pid);
    const abortedAt = performance.now();
    cancelling.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    expect(performance.now() - abortedAt).toBeLessThan(busyBound(1_000));
    expect(isAlive(child)).toBe(false);
  });
});

describe('a task whose parent is killed with -9', () => {
  let parent: ChildProcess | undefined;
  afterEach(() => void parent?.kill('SIGKILL'));

  test.each(['polite', 'deep'])('ends too: one that is %s', async (task) => {
    parent = spawn(process.execPath, [support('parentOfTask.mjs'), task], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(parent.stdout!, 'data')) as [Buffer];
    const child = identify(Number(said.toString()));
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    await waitFor('the task to be gone', async () => !isAlive(child));
  });
});
