import { afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createHealth } from '../../../platform/health.ts';
import { startLoop, type Loop } from '../../../platform/loop.ts';
import { createProgress } from '../../../platform/progress.ts';
import { waitFor } from '../../support/waitFor.ts';

const log = pino({ level: 'silent' });
let now = 0;
const started: Loop[] = [];
afterEach(() => Promise.all(started.splice(0).map((loop) => loop.stop())));

function follow() {
  const progress = createProgress(() => now);
  const metrics = new Registry();
  progress.measure(metrics);
  const health = createHealth(() => progress.stalled(30_000));
  return { progress, metrics, health };
}

test('a loop that fails for longer than the bound makes its process unready with its name, since when and why, until it goes on', async () => {
  const { progress, metrics, health } = follow();
  now = Date.parse('2026-01-01T00:00:00Z');
  let turns = 0;
  let isBroken = true;
  const body = async () => {
    turns += 1;
    if (isBroken) throw new Error('no\n\n such thing');
    return false;
  };
  started.push(startLoop({ name: 'relay', restMs: 1, log, followedBy: progress }, body));
  await waitFor('two turns', () => turns > 1);
  now += 29_999;
  expect(await health.readiness()).toEqual({ ready: true, dependencies: {} });
  now += 1;
  expect(await health.readiness()).toEqual({
    ready: false,
    dependencies: { 'loop relay': { ok: false, detail: 'stands still since 2026-01-01T00:00:00.000Z: no such thing' } },
  });
  expect(await metrics.metrics()).toContain('loop_stalled_seconds{loop="relay"} 30');
  expect(await metrics.metrics()).toMatch(/loop_failures_total\{loop="relay"\} [1-9]/);

  isBroken = false;
  await waitFor('the loop to go on', () => progress.stalled(30_000).length === 0);
  expect(await health.readiness()).toMatchObject({ ready: true });
  expect(await metrics.metrics()).toContain('loop_stalled_seconds{loop="relay"} 0');
  expect(await metrics.metrics()).toMatch(/loop_turns_total\{loop="relay"\} [1-9]/);
  expect(await metrics.metrics()).toContain(`loop_last_success_timestamp_seconds{loop="relay"} ${now / 1_000}`);
});

test('a loop that fails now and then is no stall', () => {
  const { progress } = follow();
  const followed = progress.follow('flaky');
  for (let turn = 0; turn < 10; turn += 1) {
    followed.failed(new Error('again'));
    now += 20_000;
    followed.succeeded();
  }
  expect(progress.stalled(30_000)).toEqual([]);
});

test('a turn that does not come back is a stall after ten times the bound, and a loop that was stopped is none', async () => {
  const { progress, metrics } = follow();
  const followed = progress.follow('hanging');
  const began = now;
  followed.begun();
  now += 299_999;
  expect(progress.stalled(30_000)).toEqual([]);
  now += 1;
  expect(progress.stalled(30_000)).toEqual([{ name: 'hanging', sinceMs: began, reason: 'it has not come back' }]);
  expect(await metrics.metrics()).toContain('loop_busy_seconds{loop="hanging"} 300');
  followed.ended();
  expect(await metrics.metrics()).not.toContain('loop_busy_seconds{loop="hanging"}');
  expect(progress.stalled(30_000)).toEqual([]);
});
