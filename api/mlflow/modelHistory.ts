import { z } from 'zod';
import { holdClientRun } from '../../domain/registry/clientRuns.ts';
import { setRunTags } from '../../domain/registry/runs.ts';
import { readClientRuns } from '../../domain/registry/wholeRuns.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { invalidParameter } from './faults.ts';
import { checkLength, LENGTHS } from './names.ts';
import { requireActiveRun } from './runs.ts';

const HISTORY_TAG = 'mlflow.log-model.history';
const REQUIRED = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'];

/** Adds a model to the list of those that a run logged, which clients before 3.0 keep as a tag. @throws MlflowFault */
export async function recordModelHistory(pool: Pool, runId: string, modelJson: string): Promise<void> {
  const model = readModel(modelJson);
  await withTransaction(pool, async (db) => {
    await requireActiveRun(db, runId);
    await holdClientRun(db, runId);
    const [run] = await readClientRuns(db, [runId]);
    const history = historyOf(run!.tags.find(({ key }) => key === HISTORY_TAG)?.value);
    const value = checkLength(JSON.stringify([...history, model]), LENGTHS.tag, 'value');
    await setRunTags(db, runId, { [HISTORY_TAG]: value });
  });
}

function readModel(json: string): Record<string, unknown> {
  const { data: model } = z.record(z.string(), z.unknown()).safeParse(parsed(json));
  if (!model) throw invalidParameter(`Malformed model info. \n ${json} \n is not a valid JSON.`);
  const missing = REQUIRED.filter((field) => !Object.hasOwn(model, field));
  if (missing.length > 0)
    throw invalidParameter(`Model json is missing mandatory fields: {${missing.map((field) => `'${field}'`).join(', ')}}`);
  // Its signature is as long as its columns are many, and is kept with the model itself.
  return Object.fromEntries(Object.entries(model).filter(([field]) => field !== 'signature'));
}

/** A client can write the tag itself: what is no list is begun anew. */
const historyOf = (tag: string | undefined): unknown[] => z.array(z.unknown()).safeParse(tag && parsed(tag)).data ?? [];

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
