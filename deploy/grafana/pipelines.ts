import type { Page } from './page.ts';
import { graph, stat } from './panels.ts';
import { lastHour, orNone, p95, rate, since } from './promql.ts';

/** What runs, what became of it, and what waits. */
export const pipelines: Page = {
  uid: 'mlops-pipelines',
  title: 'Pipelines',
  description: 'Runs of workflows, their steps, what waits on queues, trainings, backups.',
  rows: {
    Runs: [
      stat('Under way', [orNone('sum(workflow_runs_open)'), '']),
      stat('Failed in the hour', [orNone(lastHour('workflow_runs_ended_total{state="failed"}')), ''], { yellow: 1, red: 4 }),
      graph('Runs that ended, in the hour', [[lastHour('workflow_runs_ended_total', 'workflow', 'state'), '{{workflow}} {{state}}']]),
      graph(
        'Since the last success',
        [[since('max by (workflow) (workflow_run_last_end_timestamp_seconds{state="success"})'), '{{workflow}}']],
        {
          unit: 's',
        },
      ),
    ],
    Steps: [
      graph('Attempts that ended', [[rate('workflow_steps_total', 'state'), '{{state}}']], { unit: 'ops' }),
      graph('Time of an attempt, 95 of 100', [[p95('workflow_step_duration_seconds', 'step'), '{{step}}']], { unit: 's' }),
      graph('Wait for a worker, 95 of 100', [[p95('workflow_step_schedule_to_start_seconds', 'queue'), '{{queue}}']], { unit: 's' }),
    ],
    Queues: [
      graph('Tasks that wait', [['task_queue_backlog', '{{queue}} {{kind}}']], { width: 6 }),
      graph('Age of the oldest', [['task_queue_backlog_age_seconds', '{{queue}} {{kind}}']], { unit: 's', width: 6 }),
      graph('Workers that take', [['task_queue_pollers', '{{queue}} {{kind}}']], { width: 6 }),
      graph('Slots in use', [['sum by (service, worker_type) (temporal_worker_task_slots_used)', '{{service}} {{worker_type}}']], {
        width: 6,
      }),
    ],
    Temporal: [
      graph('Workflows that ended well', [[rate('temporal_workflow_completed_total', 'workflow_type'), '{{workflow_type}}']], {
        unit: 'ops',
      }),
      graph('Workflow tasks whose code failed', [[orNone(lastHour('temporal_workflow_task_execution_failed_total')), 'in the hour']], {
        description: 'More than none: the code does not fit what its runs did before.',
      }),
      graph('Calls of the server', [['sum by (operation) (rate(service_requests[$__rate_interval]))', '{{operation}}']], { unit: 'reqps' }),
    ],
    Training: [
      graph('Tasks that ended, in the hour', [[lastHour('training_tasks_total', 'task', 'state'), '{{task}} {{state}}']], { width: 6 }),
      graph('Loss', [['training_loss', 'slot {{slot}}']], { width: 6 }),
      graph('Samples learnt from', [['training_samples_per_second', 'slot {{slot}}']], { unit: 'ops', width: 6 }),
      graph(
        'Memory',
        [
          ['training_memory_reserved_bytes', 'expected to be taken'],
          ['training_memory_budget_bytes', 'may be taken'],
          ['training_task_peak_bytes', '{{task}} at most'],
        ],
        { unit: 'bytes', width: 6 },
      ),
    ],
    'Backups, where BACKUP_URL is set': [
      stat('Age of the newest', ['backup_age_seconds', ''], { unit: 's', yellow: 86_400, red: 26 * 3_600 }),
      stat('Its size', ['backup_bytes', ''], { unit: 'bytes' }),
      stat('Since one was restored', ['backup_drill_age_seconds', ''], { unit: 's', yellow: 7 * 86_400, red: 9 * 86_400 }),
      stat('That took', ['backup_drill_restore_seconds', ''], { unit: 's' }),
    ],
  },
};
