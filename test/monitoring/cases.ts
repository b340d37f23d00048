import type { AlertName } from '../../deploy/prometheus/alerts.ts';

/** What was measured, by the minute, and whether an alert comes of it. */
export interface Case {
  /** As promtool writes them: `0x10` is 0 eleven times, `0+60x10` grows by 60 a minute */
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
}

export interface Cases {
  readonly firing: Case & { readonly labels: Readonly<Record<string, string>> };
  readonly quiet: Case;
}

const requests = (status: number, service = 'api') =>
  `http_requests_total{service="${service}", method="GET", route="/", status="${status}"}`;
const answers = (le: string) => `model_prediction_duration_seconds_bucket{service="serving", model="ials", le="${le}"}`;
const counted = 'model_prediction_duration_seconds_count{service="serving", model="ials"}';
const control = 'service="worker-control"';
const training = (state: string) =>
  `workflow_run_last_end_timestamp_seconds{${control}, workflow="movieTrainingPipeline", state="${state}"}`;
const collected = `workflow_run_last_end_timestamp_seconds{${control}, workflow="movieDataCollection", state="success"}`;
const systemState = (state: string) => `system_check_state{${control}, system="7 model serving", part="model_serving", state="${state}"}`;
const disk = (free: string) => ({
  'system_disk_free_bytes{job="mlops", service="api"}': free,
  'system_disk_size_bytes{job="mlops", service="api"}': '100x60',
});
const memory = (used: string) => ({
  'system_memory_used_bytes{job="mlops", service="api"}': used,
  'system_memory_size_bytes{job="mlops", service="api"}': '100x60',
});
const pool = '{service="api", pool="request"}';

/** Of each alert a case in which it comes and one in which it nearly does. */
export const CASES: Readonly<Record<AlertName, Cases>> = {
  ServiceDown: {
    firing: { series: { 'up{job="mlops", service="api"}': '1x4 0x10' }, at: '10m', labels: { job: 'mlops', service: 'api' } },
    quiet: { series: { 'up{job="mlops", service="api"}': '1x4 0 1x10', 'up{job="temporal"}': '0x20' }, at: '5m' },
  },
  ErrorBudgetBurnsFast: {
    // 10 % for an hour, where 0.5 % may fail
    firing: { series: { [requests(200)]: '0+90x90', [requests(503)]: '0+10x90' }, at: '80m', labels: { service: 'api' } },
    // it was so, and is over; and 4 % of another
    quiet: {
      series: {
        ...{ [requests(200)]: '0+90x120', [requests(503)]: '0+10x60 600x60' },
        ...{ [requests(200, 'serving')]: '0+96x120', [requests(503, 'serving')]: '0+4x120' },
      },
      at: '80m',
    },
  },
  ErrorBudgetBurns: {
    firing: { series: { [requests(200)]: '0+96x480', [requests(503)]: '0+4x480' }, at: '420m', labels: { service: 'api' } },
    // 1 % for long, and a few requests in a night of which one failed
    quiet: { series: { [requests(200)]: '0+99x480', [requests(503)]: '0+1x480' }, at: '420m' },
  },
  LatencyBudgetBurnsFast: {
    firing: { series: { [answers('0.25')]: '0+80x90', [counted]: '0+100x90' }, at: '80m', labels: { service: 'serving' } },
    // a handful of slow ones, while nobody else asks
    quiet: { series: { [answers('0.25')]: '0x90', [counted]: '0+0.5x90' }, at: '80m' },
  },
  LatencyBudgetBurns: {
    firing: { series: { [answers('0.25')]: '0+90x480', [counted]: '0+100x480' }, at: '420m', labels: { service: 'serving' } },
    quiet: { series: { [answers('0.25')]: '0+97x480', [counted]: '0+100x480' }, at: '420m' },
  },
  NoModelAnswers: {
    firing: { series: { 'up{job="mlops", service="serving"}': '1x30' }, at: '25m', labels: { job: 'mlops', service: 'serving' } },
    quiet: {
      series: { 'up{job="mlops", service="serving"}': '1x30', 'model_loaded{service="serving", model="ials", version="1"}': '_x10 1x20' },
      at: '25m',
    },
  },
  AnswersLost: {
    firing: { series: { 'served_answers_lost_total{service="serving"}': '0x10 3x10' }, at: '15m', labels: { service: 'serving' } },
    quiet: { series: { 'served_answers_lost_total{service="serving"}': '3x60' }, at: '40m' },
  },
  ConsumerLags: {
    firing: {
      series: { 'kafka_consumer_lag{service="worker-ingest", topic="user-events"}': '20000x30' },
      at: '20m',
      labels: { service: 'worker-ingest', topic: 'user-events' },
    },
    quiet: {
      series: {
        'kafka_consumer_lag{service="worker-ingest", topic="user-events"}': '9x8 20000x30',
        'kafka_consumer_lag{service="worker-ingest", topic="system-health"}': '9000x30',
      },
      at: '15m',
    },
  },
  OutboxStuck: {
    firing: { series: { 'outbox_oldest_seconds{service="worker-ingest"}': '0+60x30' }, at: '10m', labels: { service: 'worker-ingest' } },
    quiet: { series: { 'outbox_oldest_seconds{service="worker-ingest"}': '240x30' }, at: '10m' },
  },
  DeadLetters: {
    // the first of a kind has no figure before it that it grew from
    firing: {
      series: { 'dead_letters_total{service="worker-ingest", topic="user-events", reason="refused"}': '_x5 1x20' },
      at: '10m',
      labels: { service: 'worker-ingest', topic: 'user-events', reason: 'refused' },
    },
    quiet: { series: { 'dead_letters_total{service="worker-ingest", topic="user-events", reason="refused"}': '7x60' }, at: '40m' },
  },
  LoopStalled: {
    firing: {
      series: { 'loop_stalled_seconds{service="worker-ingest", loop="outbox relay"}': '0+60x10' },
      at: '6m',
      labels: { service: 'worker-ingest', loop: 'outbox relay' },
    },
    quiet: {
      series: {
        'loop_stalled_seconds{service="worker-ingest", loop="outbox relay"}': '0 60 0 60x10',
        [`loop_busy_seconds{${control}, loop="outcomes"}`]: '0+60x10',
      },
      at: '6m',
    },
  },
  TasksWait: {
    firing: {
      series: { [`task_queue_backlog_age_seconds{${control}, queue="training", kind="activity"}`]: '0+60x40' },
      at: '30m',
      labels: { service: 'worker-control', queue: 'training', kind: 'activity' },
    },
    quiet: { series: { [`task_queue_backlog_age_seconds{${control}, queue="training", kind="activity"}`]: '300x40' }, at: '30m' },
  },
  WorkflowCodeFails: {
    firing: {
      series: { [`temporal_workflow_task_execution_failed_total{${control}, workflow_type="dataImport"}`]: '_x3 1x10' },
      at: '5m',
      labels: { service: 'worker-control', workflow_type: 'dataImport' },
    },
    quiet: { series: { [`temporal_workflow_task_execution_failed_total{${control}, workflow_type="dataImport"}`]: '2x60' }, at: '50m' },
  },
  RunsFail: {
    firing: {
      series: { [`workflow_runs_ended_total{${control}, workflow="dataImport", state="failed"}`]: '10 12 14 16 18x30' },
      at: '20m',
      labels: { service: 'worker-control', workflow: 'dataImport', state: 'failed' },
    },
    quiet: {
      series: {
        [`workflow_runs_ended_total{${control}, workflow="dataImport", state="failed"}`]: '10 11x60',
        [`workflow_runs_ended_total{${control}, workflow="dataImport", state="success"}`]: '0+5x60',
      },
      at: '20m',
    },
  },
  TrainingFailed: {
    firing: {
      series: { [training('success')]: '100x30', [training('failed')]: '_x5 400x25' },
      at: '10m',
      labels: { service: 'worker-control', workflow: 'movieTrainingPipeline', state: 'failed' },
    },
    quiet: { series: { [training('failed')]: '100x30', [training('success')]: '_x5 400x25' }, at: '10m' },
  },
  ModelDrifts: {
    firing: {
      series: {
        [`model_drift_score{${control}, model="ials", column="rating"}`]: '0.2x10',
        [`model_drift_score{${control}, model="ials", column="genre"}`]: '1.4x10',
      },
      at: '5m',
      labels: { model: 'ials' },
    },
    quiet: { series: { [`model_drift_score{${control}, model="ials", column="rating"}`]: '0.99x10' }, at: '5m' },
  },
  NoFreshData: {
    firing: {
      series: { [collected]: '0x2400' },
      at: '37h',
      labels: { ...of('worker-control'), workflow: 'movieDataCollection', state: 'success' },
    },
    quiet: { series: { [collected]: '0x1440 86400x1000' }, at: '37h' },
  },
  FeaturesAreOld: {
    firing: {
      series: { [`feature_view_age_seconds{${control}, view="user_features"}`]: '130000x10' },
      at: '5m',
      labels: { ...of('worker-control'), view: 'user_features' },
    },
    quiet: { series: { [`feature_view_age_seconds{${control}, view="user_features"}`]: '90000x10' }, at: '5m' },
  },
  FeatureRulesBroken: {
    firing: {
      series: { [`feature_rules_broken{${control}, view="movie_features", feature="rating"}`]: '1x20' },
      at: '10m',
      labels: { ...of('worker-control'), view: 'movie_features', feature: 'rating' },
    },
    quiet: { series: { [`feature_rules_broken{${control}, view="movie_features", feature="rating"}`]: '0x20' }, at: '10m' },
  },
  DatabaseConnectionsShort: {
    firing: {
      series: { [`database_requests_waiting${pool}`]: '4x20', [`database_connections_idle${pool}`]: '0x20' },
      at: '10m',
      labels: { service: 'api', pool: 'request' },
    },
    quiet: { series: { [`database_requests_waiting${pool}`]: '4x20', [`database_connections_idle${pool}`]: '0 0 1 0x20' }, at: '6m' },
  },
  DiskFills: {
    firing: { series: disk('9x60'), at: '20m', labels: { job: 'mlops' } },
    quiet: { series: disk('11x60'), at: '20m' },
  },
  DiskFull: {
    firing: { series: disk('1x60'), at: '5m', labels: { job: 'mlops' } },
    quiet: { series: disk('3x60'), at: '5m' },
  },
  MemoryShort: {
    firing: { series: memory('97x60'), at: '20m', labels: { job: 'mlops' } },
    quiet: { series: memory('60x8 97x60'), at: '20m' },
  },
  CertificateEnds: {
    firing: {
      series: { [`certificate_expiry_timestamp_seconds{${control}, certificate="kafka client"}`]: '1000000x10' },
      at: '5m',
      labels: { ...of('worker-control'), certificate: 'kafka client' },
    },
    quiet: { series: { [`certificate_expiry_timestamp_seconds{${control}, certificate="kafka client"}`]: '1300000x10' }, at: '5m' },
  },
  SystemFails: {
    firing: {
      series: { [systemState('failed')]: '0x3 1x40' },
      at: '30m',
      labels: { ...of('worker-control'), system: '7 model serving', part: 'model_serving', state: 'failed' },
    },
    // one check that failed between two that did not, and what is not installed
    quiet: { series: { [systemState('failed')]: '0x3 1x14 0x40', [systemState('absent')]: '1x60' }, at: '17m' },
  },
  SystemCheckTooOld: {
    firing: { series: { [`system_check_last_timestamp_seconds{${control}}`]: '0x300' }, at: '181m', labels: of('worker-control') },
    quiet: { series: { [`system_check_last_timestamp_seconds{${control}}`]: '0x60 3600x300' }, at: '181m' },
  },
  BackupTooOld: {
    firing: { series: { [`backup_last_success_timestamp_seconds{${control}}`]: '0x2000' }, at: '27h', labels: of('worker-control') },
    quiet: { series: { [`backup_last_success_timestamp_seconds{${control}}`]: '0x240 14400x2000' }, at: '27h' },
  },
  BackupDrillTooOld: {
    firing: {
      series: { [`backup_drill_last_success_timestamp_seconds{${control}}`]: '-800000x10' },
      at: '5m',
      labels: of('worker-control'),
    },
    quiet: { series: { [`backup_drill_last_success_timestamp_seconds{${control}}`]: '-600000x10' }, at: '5m' },
  },
};

function of(service: string): { readonly service: string } {
  return { service };
}
