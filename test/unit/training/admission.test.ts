import { expect, test } from '@jest/globals';
import { createAdmission } from '../../../domain/recommender/memory/admission.ts';

const never = new AbortController().signal;
const settled = async (promise: Promise<unknown>) => Promise.race([promise.then(() => true), Promise.resolve(false)]);

test('tasks that fit run side by side; one that does not waits until there is room', async () => {
  const admission = createAdmission({ budgetMb: 1_000, patienceMs: 60_000 });
  const [leaveFirst] = await Promise.all([admission.enter('a', 600, never), admission.enter('b', 300, never)]);
  const third = admission.enter('c', 500, never);
  expect(await settled(third)).toBe(false);
  leaveFirst();
  await third;
  expect(admission.reservedMb()).toBe(800);
});

test('a large task is not passed by a small one that came later', async () => {
  const admission = createAdmission({ budgetMb: 1_000, patienceMs: 60_000 });
  const leave = await admission.enter('running', 500, never);
  const order: string[] = [];
  const large = admission.enter('large', 900, never).then((left) => (order.push('large'), left()));
  const small = admission.enter('small', 100, never).then(() => order.push('small'));
  leave();
  await Promise.all([large, small]);
  expect(order).toEqual(['large', 'small']);
});

test('one larger than the worker fails at once, with what it needs and what there is', async () => {
  const admission = createAdmission({ budgetMb: 1_000, patienceMs: 60_000 });
  await expect(admission.enter('trainModel', 9_100, never)).rejects.toMatchObject({
    type: 'WorkerTooSmall',
    message: 'trainModel needs about 9100 MB, and this worker has 1000 MB in all (TRAINING_MEMORY_MB)',
  });
});

test('one that waited too long gives its slot back, and who stood behind it goes on', async () => {
  const admission = createAdmission({ budgetMb: 1_000, patienceMs: 50 });
  await admission.enter('running', 500, never);
  const large = admission.enter('large', 900, never);
  const small = admission.enter('small', 100, never);
  await expect(large).rejects.toMatchObject({ type: 'WorkerBusy', message: expect.stringContaining('large needs about 900 MB') });
  await small;
  expect(admission.reservedMb()).toBe(600);
});

test('whoever waits is told how many stand before it, also when that changes', async () => {
  const admission = createAdmission({ budgetMb: 1_000, patienceMs: 60_000 });
  const leave = await admission.enter('running', 900, never);
  const told: Record<string, number[]> = { first: [], second: [] };
  const waiting = (['first', 'second'] as const).map((name) => admission.enter(name, 800, never, (before) => told[name]!.push(before)));
  expect(told).toEqual({ first: [0, 0], second: [1] });
  leave();
  (await waiting[0]!)();
  await waiting[1];
  expect(told).toEqual({ first: [0, 0], second: [1, 0] });
});

test('a cancel ends the wait and leaves nothing reserved', async () => {
  const admission = createAdmission({ budgetMb: 1_000, patienceMs: 60_000 });
  await admission.enter('running', 900, never);
  const cancelling = new AbortController();
  const waiting = admission.enter('large', 500, cancelling.signal);
  cancelling.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  expect(admission.reservedMb()).toBe(900);
});
