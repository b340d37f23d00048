import { goThrough } from '../../erasure/goThrough.ts';
import { openTrainingStores } from '../../erasure/openStores.ts';
import type { TaskContext } from './context.ts';

interface EraseInput {
  readonly receipt: string;
  readonly store: string;
  readonly isLast: boolean;
}

/** Takes a user out of the snapshots, or the models, and looks again. */
export async function eraseLearnt(
  { pool, blobs, signal, onProgress }: TaskContext,
  { receipt, store: name, isLast }: EraseInput,
): Promise<{ erased: number; found: number }> {
  const store = openTrainingStores({ pool, blobs })[name as 'snapshots' | 'models'];
  return goThrough({ pool, receipt, name, store }, { isLast, signal, onProgress });
}
