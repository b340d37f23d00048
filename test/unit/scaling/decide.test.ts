import { describe, expect, test } from '@jest/globals';
import { SCALING_SETTINGS } from '../../../contracts/settings/scaling.ts';
import { decideScaling, type Decision, type HealthSample, type OpenAlert } from '../../../domain/scaling/decide.ts';
import { z } from 'zod';

const SETTINGS = SCALING_SETTINGS.read(z.object(SCALING_SETTINGS.variables).parse({}));
const NOW = new Date('2026-11-29T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - 1_000 * seconds);
const sample = (secondsAgo: number, cpu: number, over: Partial<HealthSample> = {}): HealthSample => ({
  at: ago(secondsAgo),
  cpu,
  memory: 5,
  responseMs: null,
  ...over,
});
/** One every ten seconds, the newest first. */
const samples = (...cpu: number[]) => cpu.map((share, nth) => sample(10 * nth, share));
const alert = (wanted: number, sinceS: number): OpenAlert => ({ wanted, changedAt: ago(sinceS) });
const decide = (given: readonly HealthSample[], open: OpenAlert | null = null) => decideScaling(given, open, SETTINGS, NOW);

describe('without an alert', () => {
  test('three high samples of five raise one, of as many replicas as bring the load to its target', () => {
    expect(decide(samples(95, 90, 60, 95, 70))).toEqual({
      kind: 'raise',
      wanted: 2, // 1 · 1.025 / 0.7
      reason: '3 of 5 samples are high, the latest of them cpu_usage 95 beyond 80',
    });
    expect(decide(samples(250, 250, 250))).toMatchObject({ wanted: 5 });
    expect(decide(samples(9_000, 9_000, 9_000))).toMatchObject({ wanted: 10, reason: expect.stringContaining('of which 10 is the most') });
  });

  test('fewer are watched, and old ones are nothing', () => {
    expect(decide(samples(95, 90, 60, 60, 60))).toEqual({ kind: 'keep' });
    expect(decide([130, 140, 150].map((seconds) => sample(seconds, 95)))).toEqual({ kind: 'calm' });
    expect(decide([])).toEqual({ kind: 'calm' });
  });

  test.each([
    ['memory_usage 97 beyond 85', { memory: 97 }],
    ['response_time_ms 4000 beyond 1000', { responseMs: 4_000 }],
  ])('%s counts as much as the processor', (what, over) => {
    expect(decide([0, 1, 2].map((seconds) => sample(seconds, 10, over)))).toMatchObject({
      kind: 'raise',
      reason: expect.stringContaining(what),
    });
  });
});

describe('a raised alert', () => {
  test('wants more where the load stays high, and not before the last change could help', () => {
    expect(decide(samples(120, 120, 120, 120, 120), alert(2, 130))).toMatchObject({ kind: 'change', wanted: 5 });
    expect(decide(samples(120, 120, 120, 120, 120), alert(2, 60))).toEqual({ kind: 'keep' });
    expect(decide(samples(120, 120, 120), alert(10, 600))).toEqual({ kind: 'keep' });
  });

  test('stays while the load is between low and high, or low for a short time only', () => {
    expect(decide(samples(60, 60, 60), alert(2, 600))).toEqual({ kind: 'keep' });
    expect(decide([...samples(10, 10, 10), sample(290, 60)], alert(2, 600))).toEqual({ kind: 'keep' });
    expect(decide(samples(10, 10, 10), alert(2, 299))).toEqual({ kind: 'keep' });
  });

  test('wants fewer in steps when it is calm, and is resolved when the least are enough', () => {
    expect(decide(samples(40, 40, 40), alert(6, 301))).toMatchObject({ kind: 'change', wanted: 5 });
    expect(decide(samples(10, 10, 10), alert(5, 301))).toMatchObject({
      kind: 'resolve',
      reason: 'all of 3 samples within 300 s are below 0.6 of their limits',
    });
    expect(decide([sample(400, 95)], alert(5, 301))).toEqual({ kind: 'resolve', reason: 'it has said nothing for 300 s' });
  });

  test('does not come and go with a load that goes up and down around a limit', () => {
    let open: OpenAlert | null = null;
    const kinds: Decision['kind'][] = [];
    for (let second = 0; second < 3_600; second += 10) {
      const at = new Date(NOW.getTime() + 1_000 * second);
      const given = Array.from({ length: 60 }, (_, nth) => ({
        ...sample(0, (second / 10 - nth) % 2 === 0 ? 85 : 75),
        at: new Date(at.getTime() - 10_000 * nth),
      }));
      const decision = decideScaling(given, open, SETTINGS, at);
      if (decision.kind === 'raise') open = { wanted: decision.wanted, changedAt: at };
      if (decision.kind === 'resolve') open = null;
      kinds.push(decision.kind);
    }
    expect(kinds.filter((kind) => kind === 'raise')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'resolve')).toHaveLength(0);
  });
});
