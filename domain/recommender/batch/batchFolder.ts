import { runFolder } from '../training/modelFiles.ts';

/** Blob folder of the table that a run makes. */
export const batchFolder = (workflowId: string): string => `${runFolder(workflowId)}/recommendations`;

export const batchPart = (workflowId: string, shard: number): string =>
  `${batchFolder(workflowId)}/part-${String(shard).padStart(5, '0')}.parquet`;

/** Readers of a folder of Parquet pass over what begins with an underscore. */
export const BATCH_MANIFEST = '_manifest.json';
