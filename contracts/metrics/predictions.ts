import type { MetricDefinition } from './definition.ts';

export const MODEL_ANSWER = {
  model: 'name of a model',
  version: 'versions that answered since the process began, as long as they are loaded',
  route: 'name of a route',
  endpoint: 'predict, recommend, similar or infer',
};

/** Of one answer both the model server and the API that passed it on tell; whoever adds up takes those of one process. */
export const PREDICTIONS_TOTAL = {
  kind: 'counter',
  help: 'Requests that a model answered, as this process gave or passed on the answer',
  labels: MODEL_ANSWER,
} as const satisfies MetricDefinition;
