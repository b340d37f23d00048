import type { BlobCleanupActivities } from '../activities/blobCleanup.ts';
import { blobCleanupInputSchema, type BlobCleanupInput, type BlobCleanupResult } from '../contracts/blobCleanup.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { removeUnusedBlobs } = stepsOf(WORKFLOWS.blobCleanup.steps).by<BlobCleanupActivities>();

/** Removes from the blob store what nothing refers to. */
export async function blobCleanup(given: BlobCleanupInput = {}): Promise<BlobCleanupResult> {
  const { dry_run } = parseInput(blobCleanupInputSchema, given);
  return removeUnusedBlobs({ dry_run });
}
