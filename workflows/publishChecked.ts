import { CancellationScope } from '@temporalio/workflow';
import type { DataImportActivities, Published } from '../activities/dataImport.ts';
import type { DataImportResult, SetRef } from '../contracts/dataImport.ts';
import { PUBLISHING } from '../contracts/workflows.ts';
import { stepsOf } from './proxySteps.ts';

const { stageSet, checkDataQuality, publishSet, discardStaging } = stepsOf(PUBLISHING).by<DataImportActivities>();

interface Checked<Set extends SetRef> {
  readonly set: Set;
  readonly published: Published;
  readonly quality: DataImportResult['quality'];
}

/** Stages a set, checks it, and publishes it whole. Where a rule is broken nothing is published; whatever happens, nothing is left in staging. */
export async function publishChecked<Set extends SetRef>(open: () => Promise<Set>): Promise<Checked<Set>> {
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
