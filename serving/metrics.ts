import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AnsweredBy } from '../contracts/recommendations.ts';
import type { ServedAnswer } from '../contracts/served.ts';
import type { ShelfChange } from '../domain/serving/modelShelf.ts';
import type { ShadowOutcome } from '../domain/serving/shadows.ts';
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

export function createServingMetrics(metrics: Registry): ServingMetrics {
  const labelNames = ['model', 'version', 'route', 'endpoint'] as const;
  const registers = [metrics];
  const predictions = new Counter({ name: 'model_predictions_total', help: 'Requests that a model answered', labelNames, registers });
  const duration = new Histogram({
    name: 'model_prediction_duration_seconds',
    help: 'Time from a checked request to its answer, reading what the user has seen included',
    labelNames,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers,
  });
  const changes = new Counter({
    name: 'model_swaps_total',
    help: 'Versions that a scoring process took up (loaded), found unusable (broken) and took off (removed)',
    labelNames: ['model', 'outcome'],
    registers,
  });
  const shadows = new Counter({
    name: 'shadow_answers_total',
    help: 'Shadow variants that were asked, by what became of it',
    labelNames: ['outcome'],
    registers,
  });
  const ended = new Counter({
    name: 'scoring_processes_ended_total',
    help: 'Scoring processes that ended, by why; another one was started in their place',
    labelNames: ['reason'],
    registers,
  });
  const refused = new Counter({
    name: 'scoring_requests_refused_total',
    help: 'Requests that found too many waiting (full), or had no answer in time (late)',
    labelNames: ['reason'],
    registers,
  });
  const faults = new Counter({
    name: 'model_faults_total',
    help: 'Answers that a model was to give and could not; the next model of the variant gave them',
    labelNames: ['route', 'variant'],
    registers,
  });
  const lost = new Counter({ name: 'served_answers_lost_total', help: 'Answers that were given and cannot be found', registers });
  return {
    observeAnswer(endpoint, route, { name: model, version }, startedAt) {
      const labels = { model, version, route, endpoint };
      predictions.inc(labels);
      duration.observe(labels, (performance.now() - startedAt) / 1000);
    },
    countShadow: (outcome) => shadows.inc({ outcome }),
    countLost: (answers) => lost.inc(answers),
    countFaults({ route, variant, faults: failed }) {
      if (failed) faults.inc({ route, variant });
    },
    showWaiting(waitingBytes) {
      new Gauge({
        name: 'served_answers_waiting_bytes',
        help: 'Answers that were given and are not in the database yet',
        registers,
        collect() {
          this.set(waitingBytes());
        },
      });
    },
    countChange: ({ name, outcome }) => changes.inc({ model: name, outcome }),
    countEnded: (reason) => ended.inc({ reason }),
    countRefused: (reason) => refused.inc({ reason }),
    showScorer(scorer) {
      new Gauge({
        name: 'scoring_process_resident_memory_bytes',
        help: 'Memory of each process that scores',
        labelNames: ['process'],
        registers,
        collect() {
          this.reset();
          for (const [at, { residentMb }] of scorer.processes().entries()) this.set({ process: String(at) }, (residentMb ?? 0) * 2 ** 20);
        },
      });
      new Gauge({
        name: 'model_loaded',
        help: '1 for each model and version that answers now',
        labelNames: ['model', 'version'],
        registers,
        collect() {
          this.reset();
          for (const { name, version } of scorer.state().models) this.set({ model: name, version }, 1);
        },
      });
    },
  };
}
