import type { MetricDefinitions } from './definition.ts';

const SLOT = { slot: 'from 0 up to TRAINING_SLOTS for each queue; a task has the first that is free' };
const TASK = { task: 'name of a kind of task' };

const TASKS = {
  training_epoch: { kind: 'gauge', help: 'Epoch that a training is in', labels: SLOT },
  training_loss: { kind: 'gauge', help: 'Mean loss of the epoch so far', labels: SLOT },
  training_samples_per_second: { kind: 'gauge', help: 'Samples learnt from a second', labels: SLOT },
  training_eta_seconds: { kind: 'gauge', help: 'Time that is left', labels: SLOT },
  training_tasks_running: { kind: 'gauge', help: 'Processes that work now', labels: TASK },
  training_tasks_total: { kind: 'counter', help: 'Tasks that ended', labels: { ...TASK, state: 'success, failed or cancelled' } },
  training_task_peak_bytes: { kind: 'gauge', help: 'Most memory that the latest task of a name had', labels: TASK },
  training_memory_reserved_bytes: { kind: 'gauge', help: 'Memory that the running tasks are expected to take' },
  training_memory_budget_bytes: { kind: 'gauge', help: 'Memory that tasks may take' },
} as const satisfies MetricDefinitions;

const GPU_LABEL = { gpu: 'number of a GPU of this machine' };
const GPU = {
  gpu_usage_percent: { kind: 'gauge', help: 'Time in which the GPU computed, 0 to 100', labels: GPU_LABEL },
  gpu_memory_used_bytes: { kind: 'gauge', help: 'Memory of the GPU in use', labels: GPU_LABEL },
  gpu_memory_size_bytes: { kind: 'gauge', help: 'Memory of the GPU', labels: GPU_LABEL },
} as const satisfies MetricDefinitions;

export const TRAINING = { tasks: TASKS, gpu: GPU };
