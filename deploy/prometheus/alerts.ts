import { BURNS, LEAST_REQUESTS, OBJECTIVES } from './objectives.ts';

export interface Alert {
  /** Prometheus's own language */
  readonly expr: string;
  /** How long it has to hold */
  readonly for: string;
  /** critical: users are hurt, or soon will be; warning: somebody should look today */
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
}

const LABEL = (name: string) => `{{ $labels.${name} }}`;

/** Both windows beyond `factor` times the budget, where there were requests enough. */
function burn(share: string, counted: string, budget: number, { factor, long, short }: (typeof BURNS)['fast' | 'slow']): string {
  const bound = Number((factor * budget).toFixed(6));
  return `service:${share}:share_${long} > ${bound} and service:${share}:share_${short} > ${bound} and service:${counted}:increase_${long} >= ${LEAST_REQUESTS}`;
}

const FAULT_BUDGET = 1 - OBJECTIVES.availability;
const SLOW_BUDGET = 1 - OBJECTIVES.latency.share;
const fast = { for: BURNS.fast.for, severity: BURNS.fast.severity };
const slow = { for: BURNS.slow.for, severity: BURNS.slow.severity };

/** A counter that grew, or that is there for the first time. */
const grew = (counter: string, within: string) =>
  `increase(${counter}[${within}]) > 0 or (${counter} unless ${counter} offset ${within}) > 0`;

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** What somebody has to know of; each has a section in `docs/runbooks.md`, and a firing and a quiet case in `test/monitoring/cases.ts`. */
export const ALERTS = {
  ServiceDown: {
    expr: 'up{job="mlops"} == 0',
    for: '1m',
    severity: 'critical',
    summary: `${LABEL('service')} does not answer at /metrics`,
  },
  ErrorBudgetBurnsFast: {
    expr: burn('http_faults', 'http_requests', FAULT_BUDGET, BURNS.fast),
    ...fast,
    summary: `${LABEL('service')} answers so many requests with a fault that the budget of 30 days is gone in two`,
  },
  ErrorBudgetBurns: {
    expr: burn('http_faults', 'http_requests', FAULT_BUDGET, BURNS.slow),
    ...slow,
    summary: `${LABEL('service')} answers more requests with a fault than it may`,
  },
  LatencyBudgetBurnsFast: {
    expr: burn('slow_answers', 'answers', SLOW_BUDGET, BURNS.fast),
    ...fast,
    summary: `So many answers of models take long that the budget of 30 days is gone in two`,
  },
  LatencyBudgetBurns: {
    expr: burn('slow_answers', 'answers', SLOW_BUDGET, BURNS.slow),
    ...slow,
    summary: 'More answers of models take long than may',
  },
  NoModelAnswers: {
    expr: 'up{job="mlops", service="serving"} == 1 unless on (service) model_loaded',
    for: '15m',
    severity: 'critical',
    summary: 'The model server has no model',
  },
  AnswersLost: {
    expr: grew('served_answers_lost_total', '15m'),
    for: '0m',
    severity: 'warning',
    summary: 'Answers were given that cannot be found again',
  },
  ConsumerLags: {
    expr: 'kafka_consumer_lag > 10000',
    for: '10m',
    severity: 'warning',
    summary: `Events on ${LABEL('topic')} are not taken as fast as they come`,
  },
  OutboxStuck: {
    expr: 'outbox_oldest_seconds > 300',
    for: '2m',
    severity: 'critical',
    summary: 'Events that were accepted do not get to Kafka',
  },
  DeadLetters: {
    expr: grew('dead_letters_total', '15m'),
    for: '0m',
    severity: 'warning',
    summary: `Messages of ${LABEL('topic')} were set aside (${LABEL('reason')})`,
  },
  LoopStalled: {
    expr: 'loop_stalled_seconds > 120 or loop_busy_seconds > 3600',
    for: '1m',
    severity: 'critical',
    summary: `${LABEL('loop')} of ${LABEL('service')} gets nothing done`,
  },
  TasksWait: {
    expr: 'task_queue_backlog_age_seconds > 900',
    for: '5m',
    severity: 'warning',
    summary: `Steps wait on the queue ${LABEL('queue')} for a worker`,
  },
  WorkflowCodeFails: {
    expr: grew('temporal_workflow_task_execution_failed_total', '15m'),
    for: '0m',
    severity: 'critical',
    summary: `The code of ${LABEL('workflow_type')} does not fit what its runs did before`,
  },
  RunsFail: {
    expr: 'increase(workflow_runs_ended_total{state="failed"}[1h]) > 3',
    for: '0m',
    severity: 'warning',
    summary: `Runs of ${LABEL('workflow')} fail`,
  },
  TrainingFailed: {
    expr:
      'workflow_run_last_end_timestamp_seconds{workflow="movieTrainingPipeline", state="failed"} unless ignoring (state) ' +
      '(workflow_run_last_end_timestamp_seconds{workflow="movieTrainingPipeline", state="success"} > ignoring (state) ' +
      'workflow_run_last_end_timestamp_seconds{workflow="movieTrainingPipeline", state="failed"})',
    for: '0m',
    severity: 'warning',
    summary: 'The latest training failed',
  },
  ModelDrifts: {
    expr: 'max by (model) (model_drift_score) >= 1',
    for: '0m',
    severity: 'warning',
    summary: `What comes in is no longer what ${LABEL('model')} learnt from`,
  },
  NoFreshData: {
    expr: `time() - workflow_run_last_end_timestamp_seconds{workflow="movieDataCollection", state="success"} > ${36 * HOUR}`,
    for: '0m',
    severity: 'warning',
    summary: 'No movie data was collected for a day and a half',
  },
  FeaturesAreOld: {
    expr: `feature_view_age_seconds > ${36 * HOUR}`,
    for: '0m',
    severity: 'warning',
    summary: `The features of ${LABEL('view')} are older than a day and a half`,
  },
  FeatureRulesBroken: {
    expr: 'feature_rules_broken > 0',
    for: '5m',
    severity: 'warning',
    summary: `${LABEL('view')}:${LABEL('feature')} breaks its rule`,
  },
  DatabaseConnectionsShort: {
    expr: 'database_requests_waiting > 0 and database_connections_idle == 0',
    for: '5m',
    severity: 'warning',
    summary: `${LABEL('service')} has more to ask the database than its connections take`,
  },
  DiskFills: {
    expr: 'min by (job) (system_disk_free_bytes / system_disk_size_bytes) < 0.1',
    for: '10m',
    severity: 'warning',
    summary: 'The disk with the state has less than a tenth left',
  },
  DiskFull: {
    expr: 'min by (job) (system_disk_free_bytes / system_disk_size_bytes) < 0.02',
    for: '1m',
    severity: 'critical',
    summary: 'The disk with the state is all but full',
  },
  MemoryShort: {
    expr: 'max by (job) (system_memory_used_bytes / system_memory_size_bytes) > 0.95',
    for: '15m',
    severity: 'warning',
    summary: 'The machine, or the container, has next to no memory left',
  },
  CertificateEnds: {
    expr: `certificate_expiry_timestamp_seconds - time() < ${14 * DAY}`,
    for: '0m',
    severity: 'warning',
    summary: `The certificate of ${LABEL('certificate')} is valid for less than 14 days`,
  },
  SystemFails: {
    expr: 'system_check_state{state="failed"} == 1',
    for: '20m', // two checks one after the other
    severity: 'warning',
    summary: `Of the nine systems ${LABEL('system')} is not well (${LABEL('part')})`,
  },
  SystemCheckTooOld: {
    expr: `time() - system_check_last_timestamp_seconds > ${3 * HOUR}`,
    for: '0m',
    severity: 'warning',
    summary: 'The nine systems were not asked for three hours whether they are well',
  },
  BackupTooOld: {
    expr: `backup_age_seconds > ${26 * HOUR}`,
    for: '0m',
    severity: 'critical',
    summary: 'There is no backup of the last day',
  },
  BackupDrillTooOld: {
    expr: `backup_drill_age_seconds > ${9 * DAY}`,
    for: '0m',
    severity: 'warning',
    summary: 'No backup was restored, to see that it can be, for nine days',
  },
} as const satisfies Readonly<Record<string, Alert>>;

export type AlertName = keyof typeof ALERTS;

/** As the repository has it; a team puts the address of its own copy before it. */
export const runbookUrl = (name: string): string => `docs/runbooks.md#${name.toLowerCase()}`;
