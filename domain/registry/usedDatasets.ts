import type { Database } from '../../platform/postgres.ts';

const MOST = 1_000;

export interface DatasetUse {
  readonly experiment_id: string;
  readonly name: string;
  readonly digest: string;
  /** What it was used for; null where the run does not say */
  readonly context: string | null;
}

/**
 * Which data sets the runs of these experiments used, and for what; the first thousand by name.
 * @param contextTag of a run's use of a data set, that says what for
 */
export async function listUsedDatasets(db: Database, experimentIds: readonly string[], contextTag: string): Promise<DatasetUse[]> {
  const { rows } = await db.query<DatasetUse>(
    `select distinct experiment_id::text, name, digest, tag ->> 'value' as context
       from registry_datasets join registry_run_datasets using (dataset_id)
       left join lateral jsonb_array_elements(tags) as tag on tag ->> 'key' = $2
      where experiment_id = any($1::bigint[]) order by name, digest, 1, context limit ${MOST}`,
    [experimentIds, contextTag],
  );
  return rows;
}
