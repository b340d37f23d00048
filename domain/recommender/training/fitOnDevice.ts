import type { ModelSpec } from '../../../contracts/models.ts';
import type { Logger } from '../../../platform/log.ts';
import type { TensorflowRuntime } from '../../../platform/tensorflow.ts';
import type { FitContext, FitResult } from '../model/model.ts';
import { modelKind } from '../models/index.ts';
import type { TrainingData } from '../data/snapshot.ts';

const SMALLEST_BATCH = 16;
const DEVICE_IS_FULL = /OOM when allocating|ResourceExhausted/;

/**
 * Fits a model; where a batch does not fit the memory of a GPU, again with half of it, until it does. The model's own spec says with which it learnt. On a CPU
 * the worker's budget decides before a training begins, so there it fails.
 */
export async function fitOnDevice(
  spec: ModelSpec,
  data: TrainingData,
  { backend, log, ...context }: Omit<FitContext, 'tf'> & TensorflowRuntime & { readonly log: Logger },
): Promise<FitResult> {
  const onLostCheckpoint = (why: Error) =>
    log.warn({ err: why, kind: spec.kind }, 'the checkpoint is not what was saved; training starts over');
  try {
    return await modelKind(spec.kind).fit(spec, data, { ...context, onLostCheckpoint });
  } catch (error) {
    const batchSize = 'batch_size' in spec ? Math.floor(spec.batch_size / 2) : 0;
    const isFull = backend === 'gpu' && error instanceof Error && DEVICE_IS_FULL.test(error.message);
    if (!isFull || batchSize < SMALLEST_BATCH) throw error;
    log.warn({ err: error, batch_size: batchSize }, 'the batch does not fit the GPU; again with half of it');
    return fitOnDevice({ ...spec, batch_size: batchSize } as ModelSpec, data, { backend, log, ...context });
  }
}
