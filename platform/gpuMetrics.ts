import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Registry } from 'prom-client';
import { TRAINING } from '../contracts/metrics/training.ts';
import { addMetrics, atScrape } from './metrics.ts';

const run = promisify(execFile);
const QUERY = ['--query-gpu=index,utilization.gpu,memory.used,memory.total', '--format=csv,noheader,nounits'];
/** A driver that hangs is not to hold the scrape. */
const PATIENCE_MS = 2_000;

/** Shows how the GPUs of this machine do, as NVIDIA's own program tells. @param program that tells it */
export function measureGpus(registry: Registry, program = 'nvidia-smi'): void {
  const { gpu_usage_percent, gpu_memory_used_bytes, gpu_memory_size_bytes } = addMetrics(registry, TRAINING.gpu);
  atScrape(gpu_usage_percent, async () => {
    const { stdout } = await run(program, QUERY, { timeout: PATIENCE_MS }).catch(() => ({ stdout: '' }));
    for (const gauge of [gpu_usage_percent, gpu_memory_used_bytes, gpu_memory_size_bytes]) gauge.reset();
    for (const line of stdout.trim().split('\n').filter(Boolean)) {
      const [gpu = '', usage, used, size] = line.split(',').map((field) => field.trim());
      gpu_usage_percent.set({ gpu }, Number(usage)); // NaN where the driver does not tell, as of a share of a GPU
      gpu_memory_used_bytes.set({ gpu }, Number(used) * 2 ** 20);
      gpu_memory_size_bytes.set({ gpu }, Number(size) * 2 ** 20);
    }
  });
}
