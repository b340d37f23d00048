import { CONTROL } from '../../contracts/metrics/control.ts';
import { countRollouts } from '../../domain/canary/rollouts.ts';
import { listServices } from '../../domain/scaling/services.ts';
import { startLoop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 5_000;

/** Gauges of what is rolled out, and of the replicas that are wanted of each service. */
export function measureRollouts(
  { config, log, metrics, onShutdown }: Pick<ProcessContext, 'config' | 'log' | 'metrics' | 'onShutdown'>,
  pool: Pool,
): void {
  const { wanted_replicas: wanted, canary_share: shares, canary_rollouts: rollouts } = addMetrics(metrics, CONTROL.rollouts);
  const looks = startLoop({ name: 'rollout metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    const [services, counts] = [await listServices(pool, config.scaling.minReplicas), await countRollouts(pool)];
    for (const gauge of [wanted, shares, rollouts]) gauge.reset();
    for (const { service, wanted_replicas } of services) wanted.set({ service }, wanted_replicas);
    for (const { route, share } of counts.shares) shares.set({ route }, share);
    for (const { state, count } of counts.byState) rollouts.set({ state }, count);
    return false;
  });
  onShutdown('rollout metrics', () => looks.stop());
}
