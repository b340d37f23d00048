import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createTaskMetrics } from '../../../workers/training/taskMetrics.ts';

const progressOf = (epoch: number) => ({ epoch, epochs: 9, loss: 0.5, samples_per_s: 1_000, eta_s: 60 });

test('each task that runs has a place of its own, which the next one takes when it has ended', async () => {
  const registry = new Registry();
  const metrics = createTaskMetrics(registry, { budgetMb: 2, reservedMb: () => 1 });
  const [first, second] = [metrics.start('trainModel'), metrics.start('trainModel')];
  first.progress(progressOf(1));
  second.progress(progressOf(2));
  expect(await registry.metrics()).toMatch(/training_epoch\{slot="0"\} 1\ntraining_epoch\{slot="1"\} 2/);
  first.end('success');
  expect(await registry.metrics()).not.toContain('training_epoch{slot="0"}');
  metrics.start('trainModel').progress(progressOf(3));
  const text = await registry.metrics();
  expect(text).toContain('training_epoch{slot="0"} 3');
  expect(text).toContain('training_tasks_total{task="trainModel",state="success"} 1');
  expect(text).toContain('training_tasks_running{task="trainModel"} 2');
  expect(text).toContain('training_memory_reserved_bytes 1048576');
});
