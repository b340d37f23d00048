import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { totalmem, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { measureSystem } from '../../../platform/systemMetrics.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'system '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const valueOf = async (registry: Registry, name: string): Promise<number | undefined> =>
  (await registry.getSingleMetric(name)!.get()).values[0]?.value;

test('shows the machine: how busy it is, its memory, its disk, and what goes over its network', async () => {
  const registry = new Registry();
  measureSystem(registry, folder, path.join(folder, 'none'));
  const busyUntil = performance.now() + 600;
  while (performance.now() < busyUntil);
  const cpu = await valueOf(registry, 'system_cpu_usage_percent');
  expect(cpu).toBeGreaterThan(0);
  expect(cpu).toBeLessThanOrEqual(100);
  expect(await valueOf(registry, 'system_cpu_usage_percent')).toBe(cpu); // the next scrape, at once
  expect(await valueOf(registry, 'system_memory_size_bytes')).toBe(totalmem());
  expect(await valueOf(registry, 'system_memory_used_bytes')).toBeGreaterThan(2 ** 20);
  const size = await valueOf(registry, 'system_disk_size_bytes');
  expect(await valueOf(registry, 'system_disk_free_bytes')).toBeLessThanOrEqual(size!);
  expect(await valueOf(registry, 'system_network_sent_bytes_total')).toBeGreaterThanOrEqual(0);
});

test('shows the container where it has a bound: half of its two processors, and memory without what would be given back', async () => {
  const write = (file: string, text: string) => writeFile(path.join(folder, file), text);
  await write('cpu.max', '200000 100000\n');
  await write('cpu.stat', 'usage_usec 1000000\nuser_usec 900000\n');
  await write('memory.max', `${2 ** 30}\n`);
  await write('memory.current', `${2 ** 29}\n`);
  await write('memory.stat', `anon 1\ninactive_file ${2 ** 28}\n`);
  const registry = new Registry();
  const startedAt = performance.now();
  measureSystem(registry, folder, folder);
  await sleep(600);
  const ms = performance.now() - startedAt;
  await write('cpu.stat', `usage_usec ${Math.round(1_000_000 + ms * 1_000)}\n`);
  const cpu = await valueOf(registry, 'system_cpu_usage_percent');
  expect(cpu).toBeGreaterThan(35);
  expect(cpu).toBeLessThan(55);
  expect(await valueOf(registry, 'system_memory_size_bytes')).toBe(2 ** 30);
  expect(await valueOf(registry, 'system_memory_used_bytes')).toBe(2 ** 28);
});

test('a folder that is not there yet has no disk, and nothing fails', async () => {
  const registry = new Registry();
  measureSystem(registry, path.join(folder, 'later'), folder);
  expect(await registry.metrics()).not.toMatch(/^system_disk_free_bytes \d/m);
});
