import { BURNS, OBJECTIVES } from './objectives.ts';

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

const WINDOWS = Object.values(BURNS).flatMap(({ short, long }) => [short, long]);
/** What is asked about us is no request of a user: `/health/ready` answers 503 where it says so rightly. */
const ASKED = 'route!~"/health.*|/metrics"';
/** Of HTTP, and of gRPC. */
const FAULTS = 'status=~"5..|INTERNAL|UNAVAILABLE|UNKNOWN|DEADLINE_EXCEEDED"';

const shares = (window: string): Recording[] => [
  {
    record: `service:http_faults:share_${window}`,
    expr: `sum by (service) (rate(http_requests_total{${ASKED}, ${FAULTS}}[${window}])) / sum by (service) (rate(http_requests_total{${ASKED}}[${window}]))`,
  },
  { record: `service:http_requests:increase_${window}`, expr: `sum by (service) (increase(http_requests_total{${ASKED}}[${window}]))` },
  {
    record: `service:slow_answers:share_${window}`,
    expr:
      `1 - sum by (service) (rate(model_prediction_duration_seconds_bucket{le="${OBJECTIVES.latency.seconds}"}[${window}])) ` +
      `/ sum by (service) (rate(model_prediction_duration_seconds_count[${window}]))`,
  },
  {
    record: `service:answers:increase_${window}`,
    expr: `sum by (service) (increase(model_prediction_duration_seconds_count[${window}]))`,
  },
];

/** What is worked out once for alerts and dashboards. */
export const RECORDINGS: readonly Recording[] = [
  ...WINDOWS.flatMap(shares),
  { record: 'backup_age_seconds', expr: 'time() - backup_last_success_timestamp_seconds' },
  { record: 'backup_drill_age_seconds', expr: 'time() - backup_drill_last_success_timestamp_seconds' },
  {
    record: 'recommendations:click_through_rate',
    expr: 'sum(outcome_click_through_rate * outcome_answers) / sum(outcome_answers)',
  },
];
