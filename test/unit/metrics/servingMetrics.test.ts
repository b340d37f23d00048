import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createServingMetrics } from '../../../serving/metrics.ts';
import { waitFor } from '../../support/waitFor.ts';

test('a version that is taken off is shown no more, and the others still are', async () => {
  const registry = new Registry();
  const metrics = createServingMetrics(registry);
  for (const version of ['1', '2']) metrics.observeAnswer('recommend', 'default', { name: 'ials', version }, performance.now());
  metrics.countChange({ name: 'ials', version: '1', outcome: 'removed' });
  await waitFor('the version to go', async () => !(await registry.metrics()).includes('version="1"'));
  const text = await registry.metrics();
  expect(text).toContain('model_predictions_total{model="ials",version="2",route="default",endpoint="recommend"} 1');
  expect(text).toContain('model_prediction_duration_seconds_count{model="ials",version="2",route="default",endpoint="recommend"} 1');
});
