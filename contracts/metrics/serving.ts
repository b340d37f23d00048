import type { MetricDefinitions } from './definition.ts';
import { MODEL_ANSWER, PREDICTIONS_TOTAL } from './predictions.ts';

const ANSWERS = {
  model_predictions_total: PREDICTIONS_TOTAL,
  model_prediction_duration_seconds: {
    kind: 'histogram',
    help: 'Time from a checked request to its answer, reading what the user has seen included',
    labels: MODEL_ANSWER,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  },
  model_swaps_total: {
    kind: 'counter',
    help: 'Versions that a scoring process took up (loaded), found unusable (broken) and took off (removed)',
    labels: { model: 'name of a model', outcome: 'loaded, broken or removed' },
  },
  shadow_answers_total: {
    kind: 'counter',
    help: 'Shadow variants that were asked, by what became of it',
    labels: { outcome: 'a few words of the code' },
  },
  scoring_processes_ended_total: {
    kind: 'counter',
    help: 'Scoring processes that ended, by why; another one was started in their place',
    labels: { reason: 'a few words of the code' },
  },
  scoring_requests_refused_total: {
    kind: 'counter',
    help: 'Requests that found too many waiting (full), or had no answer in time (late)',
    labels: { reason: 'full or late' },
  },
  model_faults_total: {
    kind: 'counter',
    help: 'Answers that a model was to give and could not; the next model of the variant gave them',
    labels: { route: 'name of a route', variant: 'name of one of its variants' },
  },
  served_answers_lost_total: { kind: 'counter', help: 'Answers that were given and cannot be found' },
  served_answers_waiting_bytes: { kind: 'gauge', help: 'Answers that were given and are not in the database yet' },
} as const satisfies MetricDefinitions;

const SCORER = {
  scoring_process_resident_memory_bytes: {
    kind: 'gauge',
    help: 'Memory of each process that scores',
    labels: { scorer: 'number of a scoring process' },
  },
  model_loaded: {
    kind: 'gauge',
    help: '1 for each model and version that answers now',
    labels: { model: 'name of a model', version: 'versions that are loaded' },
  },
} as const satisfies MetricDefinitions;

export const SERVING = { answers: ANSWERS, scorer: SCORER };
