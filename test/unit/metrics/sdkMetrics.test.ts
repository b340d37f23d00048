import { expect, test } from '@jest/globals';
import { createMetrics } from '../../../platform/metrics.ts';
import { showSdkMetrics } from '../../../workers/sdkMetrics.ts';

type Update = { metric: { name: string }; value: number; attributes: Record<string, string> };

function show() {
  const updates: Update[] = [];
  const registry = createMetrics('worker-control');
  showSdkMetrics(registry, { retrieveUpdates: () => updates.splice(0) });
  const tell = (name: string, value: number, attributes: Record<string, string>) => updates.push({ metric: { name }, value, attributes });
  return { registry, tell };
}

test("what Temporal's SDK tells of stands among the process's metrics, with the labels that are named and no others", async () => {
  const { registry, tell } = show();
  const of = { workflow_type: 'dataImport', task_queue: 'control', namespace: 'default', run: 'one of many' };
  tell('temporal_workflow_completed', 1, of);
  tell('temporal_workflow_completed', 2, of);
  tell('temporal_worker_task_slots_used', 7, { task_queue: 'control', worker_type: 'ActivityWorker' });
  tell('temporal_worker_task_slots_used', 3, { task_queue: 'control', worker_type: 'ActivityWorker' });
  tell('temporal_activity_schedule_to_start_latency', 0.2, { task_queue: 'training' });
  await registry.metrics();
  const text = await registry.metrics();
  expect(text).toContain('temporal_workflow_completed_total{workflow_type="dataImport",task_queue="control",process="worker-control"} 3');
  expect(text).toContain('temporal_worker_task_slots_used{task_queue="control",worker_type="ActivityWorker",process="worker-control"} 3');
  expect(text).toContain('temporal_activity_schedule_to_start_latency_seconds_sum{process="worker-control",task_queue="training"} 0.2');
});

test('what nobody named is no metric', async () => {
  const { registry, tell } = show();
  tell('temporal_something_new', 1, { namespace: 'default' });
  expect(await registry.metrics()).not.toContain('something_new');
});
