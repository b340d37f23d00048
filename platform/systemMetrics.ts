import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import path from 'node:path';
import type { Registry } from 'prom-client';
import { EVERY_PROCESS } from '../contracts/metrics/everyProcess.ts';
import { addMetrics, atScrape } from './metrics.ts';
import { networkBytes } from './proc.mjs';

/** Of version 2; there is a bound on processors in it only where this runs in a container, or a unit of systemd's. */
const CGROUP = '/sys/fs/cgroup';
/** Two scrapes at once see the same figure. */
const LOOK_AGAIN_MS = 500;

/**
 * Shows how the machine does, of the container where this runs in one: processors, memory, the disk with `folder`, network.
 * @param cgroup where the system shows the container
 */
export function measureSystem(registry: Registry, folder: string, cgroup = CGROUP): void {
  const metrics = addMetrics(registry, EVERY_PROCESS.system);
  const gauges = {
    system_cpu_usage_percent: usage(cgroup),
    system_memory_used_bytes: () => memory(cgroup).used,
    system_memory_size_bytes: () => memory(cgroup).size,
    system_disk_free_bytes: () => disk(folder)?.free,
    system_disk_size_bytes: () => disk(folder)?.size,
  };
  for (const [name, look] of Object.entries(gauges)) atScrape(metrics[name as keyof typeof gauges], (gauge) => gauge.set(look() ?? NaN)); // 0 would be a full disk
  for (const direction of ['received', 'sent'] as const) {
    let known = 0;
    atScrape(metrics[`system_network_${direction}_bytes_total`], (counter) => {
      const now = networkBytes()?.[direction];
      if (now === undefined || now < known) return;
      counter.inc(now - known);
      known = now;
    });
  }
}

/** Share of the processors' time since it was asked before, in percent. */
function usage(cgroup: string): () => number {
  let before = cpuTime(cgroup);
  let percent = 0;
  return () => {
    const now = cpuTime(cgroup);
    const passedMs = now.atMs - before.atMs;
    if (passedMs < LOOK_AGAIN_MS) return percent;
    percent = Math.min(100, Math.max(0, (100 * (now.busyMs - before.busyMs)) / (passedMs * now.processors)));
    before = now;
    return percent;
  };
}

function cpuTime(cgroup: string): { atMs: number; busyMs: number; processors: number } {
  const atMs = performance.now();
  const bound = readCgroup(cgroup, 'cpu.max');
  const usedMicros = /^usage_usec (\d+)$/m.exec(readCgroup(cgroup, 'cpu.stat') ?? '')?.[1];
  if (bound !== undefined && usedMicros !== undefined) {
    const [quota = NaN, period = NaN] = bound.split(' ').map(Number);
    return { atMs, busyMs: Number(usedMicros) / 1_000, processors: quota / period || availableParallelism() };
  }
  const busyMs = cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
  return { atMs, busyMs, processors: cpus().length || 1 };
}

function memory(cgroup: string): { used: number; size: number } {
  const bound = Number(readCgroup(cgroup, 'memory.max') ?? NaN); // "max" where there is none
  const used = Number(readCgroup(cgroup, 'memory.current') ?? NaN);
  if (bound > 0 && used >= 0) {
    const files = Number(/^inactive_file (\d+)$/m.exec(readCgroup(cgroup, 'memory.stat') ?? '')?.[1] ?? 0);
    return { used: Math.max(0, used - files), size: bound };
  }
  return { used: totalmem() - freemem(), size: totalmem() };
}

function disk(folder: string): { free: number; size: number } | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { free: bavail * bsize, size: blocks * bsize };
  } catch {
    return undefined; // it is not there yet
  }
}

function readCgroup(cgroup: string, file: string): string | undefined {
  try {
    return readFileSync(path.join(cgroup, file), 'utf8').trim();
  } catch {
    return undefined;
  }
}
