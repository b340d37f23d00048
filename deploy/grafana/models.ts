import type { Page } from './page.ts';
import { graph, stat } from './panels.ts';
import { lastHour, orNone, p95, rate, since } from './promql.ts';

/** How models answer, how good they are, and whether they still are. */
export const models: Page = {
  uid: 'mlops-models',
  title: 'Models',
  description: 'Answers of models, their evaluations, drift, versions that come and go, rollouts.',
  rows: {
    Answers: [
      graph('Answers', [[rate('model_predictions_total{service="serving"}', 'model', 'version'), '{{model}} {{version}}']], {
        unit: 'reqps',
      }),
      graph('Time to answer, 95 of 100', [[p95('model_prediction_duration_seconds', 'model', 'endpoint'), '{{model}} {{endpoint}}']], {
        unit: 's',
      }),
      graph('What went wrong, in the hour', [
        [orNone(lastHour('model_faults_total')), 'a model could not'],
        [orNone(lastHour('scoring_requests_refused_total')), 'too many waited'],
        [orNone(lastHour('scoring_processes_ended_total')), 'a scoring process ended'],
        [orNone(lastHour('served_answers_lost_total')), 'an answer was lost'],
      ]),
    ],
    'How good': [
      graph('NDCG@10 over the whole catalogue', [['model_accuracy{metric="full_ndcg_at_10"}', '{{model}} {{version}}']]),
      graph(
        'NDCG@10 and hit rate against 99 others',
        [['model_accuracy{metric=~"ndcg_at_10|hr_at_10"}', '{{model}} {{version}} {{metric}}']],
        {
          width: 16,
        },
      ),
    ],
    Drift: [
      stat('Models that drift', ['count(max by (model) (model_drift_score) >= 1) or vector(0)', ''], { yellow: 1 }),
      graph('How far each column moved', [['model_drift_score', '{{model}} {{column}}']], {
        width: 12,
        description: 'By the threshold of the column: from 1 on it counts, where it is beyond chance.',
      }),
      graph('Since the end of what was judged', [[since('model_drift_report_timestamp_seconds'), '{{model}}']], { unit: 's' }),
    ],
    Versions: [
      graph('Loaded', [['sum by (model, version) (model_loaded)', '{{model}} {{version}}']], { width: 6 }),
      graph('Taken up and off, in the hour', [[lastHour('model_swaps_total', 'model', 'outcome'), '{{model}} {{outcome}}']], { width: 6 }),
      graph('Memory of what scores', [['scoring_process_resident_memory_bytes', '{{scorer}}']], { unit: 'bytes', width: 6 }),
      graph('Answers that are not stored yet', [['served_answers_waiting_bytes', 'waiting']], { unit: 'bytes', width: 6 }),
    ],
    Rollouts: [
      graph('Share of the users that has the version', [['canary_share', '{{route}}']], { unit: 'percentunit', width: 12 }),
      graph('Rollouts', [['canary_rollouts', '{{state}}']], { width: 12 }),
    ],
  },
};
