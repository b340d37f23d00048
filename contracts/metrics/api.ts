import type { MetricDefinitions } from './definition.ts';
import { MODEL_ANSWER, PREDICTIONS_TOTAL } from './predictions.ts';

const RECOMMENDATIONS = {
  model_predictions_total: PREDICTIONS_TOTAL,
  recommendations_served_total: { kind: 'counter', help: 'Movies recommended to callers', labels: MODEL_ANSWER },
} as const satisfies MetricDefinitions;

const FEATURES = {
  feature_serving_duration_seconds: {
    kind: 'histogram',
    help: 'Time to read the features of a request from the online store',
    labels: { surface: 'rest or feast' },
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  },
  feature_served_values_total: {
    kind: 'counter',
    help: 'Values of features that were asked for',
    labels: { surface: 'rest or feast', status: 'present, null_value, not_found or outside_max_age' },
  },
} as const satisfies MetricDefinitions;

const ALERTS = {
  alerts_received_total: {
    kind: 'counter',
    help: 'Alerts that Alertmanager told of',
    labels: { status: 'firing or resolved', outcome: 'started, known or noted' },
  },
} as const satisfies MetricDefinitions;

const CHANGES = {
  change_streams_open: { kind: 'gauge', help: 'Callers who are told what has changed, as it changes' },
} as const satisfies MetricDefinitions;

export const API = { changes: CHANGES, recommendations: RECOMMENDATIONS, features: FEATURES, alerts: ALERTS };
