import type { Registry } from 'prom-client';
import { CONTROL } from '../../contracts/metrics/control.ts';
import type { Outcome } from '../../contracts/outcomes.ts';
import { countOutcomes } from '../../domain/outcomes/countOutcomes.ts';
import { listServedOutcomes, type ServedOutcome } from '../../domain/outcomes/readOutcomes.ts';
import { startLoop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 10_000;
/** A look that takes long is followed by as many times its own length of rest: counting takes a small part of the database's time, however much there is. */
const REST_FACTOR = 10;
const DAY_MS = 86_400_000;
/** Series of each metric at most. */
const MOST_SERIES = 100;

/** Counts what becomes of answers as events come, and shows of the last day's answers how they do. */
export function followOutcomes(
  { config, log, metrics, onShutdown }: Pick<ProcessContext, 'config' | 'log' | 'metrics' | 'onShutdown'>,
  pool: Pool,
): void {
  const show = createGauges(metrics);
  let restsUntil = 0;
  const loop = startLoop({ name: 'outcomes', restMs: LOOK_EVERY_MS, log }, async () => {
    const startedAt = performance.now();
    if (startedAt < restsUntil) return false;
    const { hasMore } = await countOutcomes(pool, new Date(Date.now() - config.servedKeptDays * DAY_MS));
    show(await listServedOutcomes(pool, { since: new Date(Date.now() - DAY_MS), most: MOST_SERIES }));
    restsUntil = hasMore ? 0 : performance.now() + REST_FACTOR * (performance.now() - startedAt);
    return hasMore;
  });
  onShutdown('outcomes', () => loop.stop());
}

type Figure = {
  [Name in keyof typeof CONTROL.outcomes]: Name extends `outcome_${infer Rest}` ? Rest : never;
}[keyof typeof CONTROL.outcomes];

function createGauges(metrics: Registry): (outcomes: readonly ServedOutcome[]) => void {
  const gauges = Object.entries(addMetrics(metrics, CONTROL.outcomes)).map(([name, gauge]) => ({
    figure: name.replace(/^outcome_/, '') as Figure & keyof Outcome,
    gauge,
  }));
  return (outcomes) => {
    for (const { figure, gauge } of gauges) {
      gauge.reset();
      for (const { model, version, route, variant, [figure]: value } of outcomes)
        if (value !== null) gauge.set({ model, version, route, variant }, value);
    }
  };
}
