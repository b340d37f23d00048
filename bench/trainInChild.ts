import path from 'node:path';
import type { ModelSpec } from '../contracts/models.ts';
import { trainingProgressSchema, type DatasetRef, type ModelRef, type TrainingProgress } from '../contracts/training.ts';
import { callInChild } from '../platform/childProcess/parent.ts';
import { PROJECT_ROOT } from '../platform/config.ts';
import { childrenOf, megabytesOf } from '../platform/proc.mjs';

export interface Training {
  /** Null where it was cut off. */
  readonly model: ModelRef | null;
  readonly peakMb: number;
  readonly progress: TrainingProgress | null;
  /** From the first word of progress to the last. */
  readonly progressMs: number;
}

let trainings = 0;

/**
 * Trains as the worker does, in a process of its own that `npm run build` has built.
 * @param folder of the blobs
 * @param mostMs after which it is cut off
 */
export async function trainInChild(folder: string, dataset: DatasetRef, spec: ModelSpec, mostMs = 3_600_000): Promise<Training> {
  let [peakMb, firstAt, lastAt] = [0, 0, 0];
  // Also of one that is cut off, and so has no word on it.
  const watch = setInterval(() => (peakMb = Math.max(peakMb, peakOfChildren())), 500);
  let progress: TrainingProgress | null = null;
  const signal = AbortSignal.timeout(mostMs);
  const running = callInChild({
    file: path.join(PROJECT_ROOT, 'dist', 'workers', 'training', 'taskProcess.js'),
    name: 'trainModel',
    input: { dataset, spec, workflowId: `training/${(trainings += 1)}` },
    env: { ...process.env, BLOB_URL: `file:${folder}` },
    heapMb: 8_192,
    mostMb: 20_480,
    signal,
    onProgress: (given) => {
      progress = trainingProgressSchema.parse(given);
      lastAt = performance.now();
      firstAt ||= lastAt;
    },
    onLog: () => undefined,
    onPeak: (peak) => (peakMb = peak),
  }) as Promise<ModelRef>;
  const cutOff = (error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  };
  const model = await running.catch(cutOff).finally(() => clearInterval(watch));
  return { model, peakMb, progress, progressMs: lastAt - firstAt };
}

/** MB of the largest process that this one started; 0 where the system does not tell. */
const peakOfChildren = (): number =>
  Math.round(Math.max(0, ...childrenOf(process.pid).map((pid) => megabytesOf(pid, 'status', 'VmHWM') ?? 0)));
