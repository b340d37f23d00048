import type { ScalingSettings } from '../../contracts/settings/scaling.ts';

/** What a service said of itself, in percent and milliseconds. */
export interface HealthSample {
  readonly at: Date;
  readonly cpu: number;
  readonly memory: number;
  readonly responseMs: number | null;
}

/** An alert that is raised. */
export interface OpenAlert {
  readonly wanted: number;
  /** Since when so many replicas are wanted. */
  readonly changedAt: Date;
}

export type Decision =
  | { readonly kind: 'raise' | 'change'; readonly wanted: number; readonly reason: string }
  | { readonly kind: 'resolve'; readonly reason: string }
  /** Nothing changes; `calm`: nothing is left to watch either. */
  | { readonly kind: 'keep' | 'calm' };

/**
 * Whether a service has too much to do, with hysteresis: so many of its latest samples beyond a limit raise an alert, and only a longer time in which all
 * are well below takes it back, in steps. How many replicas there are is not known: an autoscaler is taken to follow what is wanted.
 * @param samples newest first
 */
export function decideScaling(samples: readonly HealthSample[], alert: OpenAlert | null, settings: ScalingSettings, now: Date): Decision {
  const loads = samples.map((sample) => ({ at: sample.at, ...loadOf(sample, settings) }));
  const since = (seconds: number) => loads.filter(({ at }) => at.getTime() > now.getTime() - 1_000 * seconds);
  const recent = since(settings.windowS).slice(0, settings.ofSamples);
  const high = recent.filter(({ share }) => share > 1);
  const isHigh = high.length >= settings.highSamples;
  if (!alert) {
    if (isHigh) return { kind: 'raise', ...grow(settings.minReplicas, recent, high, settings) };
    return { kind: high.length > 0 ? 'keep' : 'calm' };
  }
  const steadyS = (now.getTime() - alert.changedAt.getTime()) / 1_000;
  if (isHigh) {
    const next = grow(alert.wanted, recent, high, settings);
    return next.wanted > alert.wanted && steadyS >= settings.windowS ? { kind: 'change', ...next } : { kind: 'keep' };
  }
  return steadyS < settings.calmS ? { kind: 'keep' } : shrink(alert.wanted, since(settings.calmS), settings);
}

type Load = ReturnType<typeof loadOf>;

/** The measure that is nearest to its limit, or furthest beyond it. */
function loadOf({ cpu, memory, responseMs }: HealthSample, { limits }: ScalingSettings): { share: number; what: string } {
  const measures = [
    { share: cpu / limits.cpu, what: `cpu_usage ${cpu} beyond ${limits.cpu}` },
    { share: memory / limits.memory, what: `memory_usage ${memory} beyond ${limits.memory}` },
    { share: (responseMs ?? 0) / limits.responseMs, what: `response_time_ms ${responseMs} beyond ${limits.responseMs}` },
  ];
  return measures.reduce((most, one) => (one.share > most.share ? one : most));
}

function grow(
  wanted: number,
  recent: readonly Load[],
  high: readonly Load[],
  settings: ScalingSettings,
): { wanted: number; reason: string } {
  const next = Math.max(wanted + 1, replicasFor(wanted, recent, settings));
  const bounded = bound(next, settings);
  const most = next > bounded ? `, of which ${bounded} is the most` : '';
  return { wanted: bounded, reason: `${high.length} of ${recent.length} samples are high, the latest of them ${high[0]!.what}${most}` };
}

function shrink(wanted: number, calm: readonly Load[], settings: ScalingSettings): Decision {
  if (calm.length === 0) return { kind: 'resolve', reason: `it has said nothing for ${settings.calmS} s` };
  if (calm.some(({ share }) => share >= settings.lowShare)) return { kind: 'keep' };
  const reason = `all of ${calm.length} samples within ${settings.calmS} s are below ${settings.lowShare} of their limits`;
  const next = bound(replicasFor(wanted, calm, settings), settings);
  if (next <= settings.minReplicas) return { kind: 'resolve', reason };
  return next < wanted ? { kind: 'change', wanted: next, reason } : { kind: 'keep' };
}

/** As many as have just their target to do, where so many share the load evenly now. */
const replicasFor = (replicas: number, loads: readonly Load[], { targetShare }: ScalingSettings): number =>
  Math.ceil((replicas * loads.reduce((sum, { share }) => sum + share, 0)) / loads.length / targetShare);

const bound = (replicas: number, { minReplicas, maxReplicas }: ScalingSettings): number =>
  Math.min(Math.max(replicas, minReplicas), Math.max(minReplicas, maxReplicas));
