import type { BlobStore } from '../../../platform/blobs/store.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Pool } from '../../../platform/postgres.ts';
import type { TensorflowRuntime } from '../../../platform/tensorflow.ts';

/** What a task has to work with, in the process of its own that it runs in. */
export interface TaskContext {
  readonly pool: Pool;
  readonly blobs: BlobStore;
  readonly log: Logger;
  /** Loads TensorFlow at the first call. */
  readonly tensorflow: () => Promise<TensorflowRuntime>;
  /** Between two checkpoints inside one epoch. */
  readonly checkpointEveryMs: number;
  /** The task ends soon after an abort by throwing the signal's reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}
