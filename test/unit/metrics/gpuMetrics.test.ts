import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Registry } from 'prom-client';
import { measureGpus } from '../../../platform/gpuMetrics.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gpu '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The text of the metrics where NVIDIA's program writes this. */
async function metricsOf(written: string): Promise<string> {
  const program = path.join(folder, 'nvidia-smi');
  await writeFile(program, `#!/bin/sh\ncat <<'END'\n${written}\nEND\n`);
  await chmod(program, 0o755);
  const registry = new Registry();
  measureGpus(registry, program);
  await registry.metrics();
  return registry.metrics();
}

test('each GPU is told with its use and its memory in bytes', async () => {
  const text = await metricsOf('0, 37, 1024, 143771\n1, [N/A], 0, 143771');
  expect(text).toContain('gpu_usage_percent{gpu="0"} 37');
  expect(text).toContain('gpu_usage_percent{gpu="1"} Nan');
  expect(text).toContain(`gpu_memory_used_bytes{gpu="0"} ${1024 * 2 ** 20}`);
  expect(text).toContain(`gpu_memory_size_bytes{gpu="1"} ${143_771 * 2 ** 20}`);
});

test('where the program is not there, nothing is told of any', async () => {
  const registry = new Registry();
  measureGpus(registry, path.join(folder, 'none'));
  expect(await registry.metrics()).not.toMatch(/^gpu_/m);
});
