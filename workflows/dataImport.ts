import { proxyActivities } from '@temporalio/workflow';
import type { DataImportActivities } from '../activities/dataImport.ts';
import { dataImportInputSchema, type DataImportInput, type DataImportResult } from '../contracts/dataImport.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { publishChecked, RETRY } from './publishChecked.ts';

const { openImportedSet } = proxyActivities<DataImportActivities>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '10 seconds',
  retry: RETRY,
});

/** Brings a MovieLens set of any format into the catalogue, beside the data that is there. */
export async function dataImport(given: DataImportInput): Promise<DataImportResult> {
  const input = parseInput(dataImportInputSchema, given);
  const { set, published, quality } = await publishChecked(() => openImportedSet(input));
  return { dataset: set.dataset, format: set.format, ...published, quality };
}
