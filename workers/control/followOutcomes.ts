import { Gauge, type Registry } from 'prom-client';
import type { Outcome } from '../../contracts/outcomes.ts';
import { countOutcomes } from '../../domain/outcomes/countOutcomes.ts';
import { listServedOutcomes, type ServedOutcome } from '../../domain/outcomes/readOutcomes.ts';
import { startLoop } from '../../platform/loop.ts';
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

const SHOWN = {
  answers: 'Answers that were shown in the last day',
  click_through_rate: 'Clicked movies by movies shown, of the last day',
  answer_click_rate: 'Answers with a click by answers, of the last day',
  conversion_rate: 'Answers that led to a like or a rating of 4 or better by answers, of the last day',
  mean_reciprocal_rank: 'Mean of one by the place of the best placed click, of the last day',
  mean_rating: 'Mean of the ratings of movies that were shown, of the last day',
  coverage: 'Share of the catalogue that was shown, of the last day',
  novelty: 'Mean self-information of the movies shown in bits, of the last day',
} as const satisfies Partial<Record<keyof Outcome, string>>;

function createGauges(metrics: Registry): (outcomes: readonly ServedOutcome[]) => void {
  const gauges = Object.entries(SHOWN).map(([figure, help]) => ({
    figure: figure as keyof typeof SHOWN,
    gauge: new Gauge({
      name: `outcome_${figure}`,
      help,
      labelNames: ['model', 'version', 'route', 'variant'],
      registers: [metrics],
    }),
  }));
  return (outcomes) => {
    for (const { figure, gauge } of gauges) {
      gauge.reset();
      for (const { model, version, route, variant, [figure]: value } of outcomes)
        if (value !== null) gauge.set({ model, version, route, variant }, value);
    }
  };
}
