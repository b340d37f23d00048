import type { Registry } from 'prom-client';
import { SERVING } from '../contracts/metrics/serving.ts';
import type { AnsweredBy } from '../contracts/recommendations.ts';
import type { ServedAnswer } from '../contracts/served.ts';
import type { ShelfChange } from '../domain/serving/modelShelf.ts';
import type { ShadowOutcome } from '../domain/serving/shadows.ts';
import { addMetrics, atScrape, type MetricsOf } from '../platform/metrics.ts';
import type { Scorer } from './scoring/scorer.ts';
import type { PoolEvents } from './scoring/scoringProcesses.ts';

export type Endpoint = 'predict' | 'recommend' | 'similar' | 'infer';

export interface ServingMetrics {
  /** Counts and times one answer. @param startedAt of `performance.now()` */
  observeAnswer(endpoint: Endpoint, route: string, model: AnsweredBy, startedAt: number): void;
  countChange(change: ShelfChange): void;
  countShadow(outcome: ShadowOutcome): void;
  countLost(answers: number): void;
  countFaults(answer: Pick<ServedAnswer, 'route' | 'variant' | 'faults'>): void;
  /** @param waitingBytes of answers that are not in the database yet */
  showWaiting(waitingBytes: () => number): void;
  countEnded(ending: Parameters<PoolEvents['onEnded']>[1]): void;
  countRefused(reason: Parameters<PoolEvents['onRefused']>[0]): void;
  /** Shows what scores, as it is when asked. */
  showScorer(scorer: Pick<Scorer, 'state' | 'processes'>): void;
}

export function createServingMetrics(registry: Registry): ServingMetrics {
  const metrics = addMetrics(registry, SERVING.answers);
  return {
    observeAnswer(endpoint, route, { name: model, version }, startedAt) {
      const labels = { model, version, route, endpoint };
      metrics.model_predictions_total.inc(labels);
      metrics.model_prediction_duration_seconds.observe(labels, (performance.now() - startedAt) / 1000);
    },
    countShadow: (outcome) => metrics.shadow_answers_total.inc({ outcome }),
    countLost: (answers) => metrics.served_answers_lost_total.inc(answers),
    countFaults({ route, variant, faults: failed }) {
      if (failed) metrics.model_faults_total.inc({ route, variant });
    },
    showWaiting: (waitingBytes) => atScrape(metrics.served_answers_waiting_bytes, (gauge) => gauge.set(waitingBytes())),
    countChange({ name, version, outcome }) {
      metrics.model_swaps_total.inc({ model: name, outcome });
      if (outcome === 'removed') void forgetVersion(metrics, name, version);
    },
    countEnded: (reason) => metrics.scoring_processes_ended_total.inc({ reason }),
    countRefused: (reason) => metrics.scoring_requests_refused_total.inc({ reason }),
    showScorer(scorer) {
      const { scoring_process_resident_memory_bytes, model_loaded } = addMetrics(registry, SERVING.scorer);
      atScrape(scoring_process_resident_memory_bytes, (gauge) => {
        gauge.reset();
        for (const [at, { residentMb }] of scorer.processes().entries()) gauge.set({ scorer: String(at) }, (residentMb ?? 0) * 2 ** 20);
      });
      atScrape(model_loaded, (gauge) => {
        gauge.reset();
        for (const { name, version } of scorer.state().models) gauge.set({ model: name, version }, 1);
      });
    },
  };
}

/** Versions come for as long as a process runs, and each would leave its series behind. */
async function forgetVersion(metrics: MetricsOf<typeof SERVING.answers>, model: string, version: string): Promise<void> {
  for (const metric of [metrics.model_predictions_total, metrics.model_prediction_duration_seconds]) {
    const { values } = await metric.get();
    const gone = values.flatMap(({ labels: { route, endpoint, ...labels } }) =>
      labels.model === model && labels.version === version && route !== undefined && endpoint !== undefined ? [{ route, endpoint }] : [],
    );
    for (const { route, endpoint } of gone) metric.remove({ model, version, route, endpoint });
  }
}
