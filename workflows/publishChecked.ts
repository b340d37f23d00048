import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { DataImportActivities, Published } from '../activities/dataImport.ts';
import type { DataImportResult, SetRef } from '../contracts/dataImport.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';

export const RETRY = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 };

const { stageSet, checkDataQuality, publishSet, discardStaging } = proxyActivities<DataImportActivities>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '10 seconds', // a killed worker is noticed within this
  retry: RETRY,
});

interface Checked {
  readonly set: SetRef;
  readonly published: Published;
  readonly quality: DataImportResult['quality'];
}

/** Stages a set, checks it, and publishes it whole. Where a rule is broken nothing is published; whatever happens, nothing is left in staging. */
export async function publishChecked(open: () => Promise<SetRef>): Promise<Checked> {
  try {
    const set = await open();
    await stageSet(set);
    const quality = await checkDataQuality(set);
    const published = await publishSet(set);
    return { set, published, quality };
  } finally {
    await CancellationScope.nonCancellable(() => discardStaging());
  }
}
