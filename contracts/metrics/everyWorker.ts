import type { MetricDefinitions } from './definition.ts';

const STEP = { step: 'name of a step of a workflow', queue: 'name of a task queue' };
const STEPS = {
  workflow_steps_total: {
    kind: 'counter',
    help: 'Attempts of steps that ended here',
    labels: { ...STEP, state: 'success, failed or cancelled' },
  },
  workflow_step_duration_seconds: {
    kind: 'histogram',
    help: 'From the beginning of an attempt to its end',
    labels: STEP,
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3_600],
  },
  workflow_step_schedule_to_start_seconds: {
    kind: 'histogram',
    help: 'How long an attempt waited for a worker to take it',
    labels: { queue: STEP.queue },
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3_600],
  },
} as const satisfies MetricDefinitions;

const OF_WORKFLOW = { workflow_type: 'name of a workflow', task_queue: 'name of a task queue' };
const OF_QUEUE = { task_queue: 'name of a task queue' };
const POLLER = { poller_type: "a kind of the SDK's pollers" };
const WORKER = { worker_type: "a kind of the SDK's workers" };
const OPERATION = { operation: "a call of Temporal's API" };
const LATENCY = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];
/** Temporal's own, by the names that its SDK has for them where it counts in seconds. */
const TEMPORAL = {
  temporal_workflow_completed_total: { kind: 'counter', help: 'Workflows that ended well, of this worker', labels: OF_WORKFLOW },
  temporal_workflow_failed_total: { kind: 'counter', help: 'Workflows that failed', labels: OF_WORKFLOW },
  temporal_workflow_canceled_total: { kind: 'counter', help: 'Workflows that were cancelled', labels: OF_WORKFLOW },
  temporal_workflow_continue_as_new_total: { kind: 'counter', help: 'Workflows that went on as new ones', labels: OF_WORKFLOW },
  temporal_workflow_endtoend_latency_seconds: {
    kind: 'histogram',
    help: 'From the start of a workflow to its end',
    labels: OF_WORKFLOW,
    buckets: [0.1, 1, 10, 60, 600, 3_600, 36_000],
  },
  temporal_workflow_task_execution_failed_total: {
    kind: 'counter',
    help: 'Workflow tasks that failed, as a change does that is not deterministic',
    labels: OF_WORKFLOW,
  },
  temporal_workflow_task_schedule_to_start_latency_seconds: {
    kind: 'histogram',
    help: 'How long workflow tasks waited for this worker',
    labels: OF_QUEUE,
    buckets: LATENCY,
  },
  temporal_activity_schedule_to_start_latency_seconds: {
    kind: 'histogram',
    help: 'How long activities waited for this worker',
    labels: OF_QUEUE,
    buckets: LATENCY,
  },
  temporal_num_pollers: { kind: 'gauge', help: "The SDK's pollers", labels: { ...OF_QUEUE, ...POLLER } },
  temporal_worker_task_slots_available: {
    kind: 'gauge',
    help: 'Tasks that the worker could take beside',
    labels: { ...OF_QUEUE, ...WORKER },
  },
  temporal_worker_task_slots_used: { kind: 'gauge', help: 'Tasks that the worker is at', labels: { ...OF_QUEUE, ...WORKER } },
  temporal_sticky_cache_size: { kind: 'gauge', help: 'Workflows whose state the worker keeps', labels: OF_QUEUE },
  temporal_request_failure_total: { kind: 'counter', help: "Calls of Temporal's API that failed", labels: OPERATION },
} as const satisfies MetricDefinitions;

export const EVERY_WORKER = { steps: STEPS, temporal: TEMPORAL };
