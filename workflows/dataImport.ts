import type { DataImportActivities } from '../activities/dataImport.ts';
import { dataImportInputSchema, type DataImportInput, type DataImportResult } from '../contracts/dataImport.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { publishChecked } from './publishChecked.ts';

const { openImportedSet } = stepsOf(WORKFLOWS.dataImport.steps).by<DataImportActivities>();

/** Brings a MovieLens set of any format into the catalogue, beside the data that is there. */
export async function dataImport(given: DataImportInput): Promise<DataImportResult> {
  const input = parseInput(dataImportInputSchema, given);
  const { set, published, quality } = await publishChecked(() => openImportedSet(input));
  return { dataset: set.dataset, format: set.format, encoding: set.text_encoding, ...published, quality };
}
