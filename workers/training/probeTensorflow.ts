import { PROBE_MB } from '../../domain/recommender/memory/needs.ts';
import { callInChild } from '../../platform/childProcess/parent.ts';

/**
 * Asks a process of the kind that will train where TensorFlow runs; this process never loads it.
 * @throws where it loads nowhere, with what to run
 */
export async function probeTensorflow(file: string): Promise<{ backend: string; version: string }> {
  const limits = { heapMb: PROBE_MB / 2, mostMb: PROBE_MB };
  const signal = new AbortController().signal;
  const unheard = { onProgress: () => undefined, onLog: () => undefined };
  const found = await callInChild({ file, name: 'describeTensorflow', input: null, ...limits, signal, ...unheard });
  return found as { backend: string; version: string };
}
