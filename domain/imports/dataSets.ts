import type { SetRef } from '../../contracts/dataImport.ts';
import type { DataSet } from '../../contracts/dataSets.ts';
import type { Database } from '../../platform/postgres.ts';

type StoredSet = Omit<DataSet, 'newest_at' | 'added_at' | 'published_at'> & {
  readonly newest_at: Date | null;
  readonly added_at: Date;
  readonly published_at: Date;
};
const COLUMNS = 'name, dataset, format, run_id, row_counts, newest_at, digest, added_at, published_at';

export async function listSets(db: Database): Promise<DataSet[]> {
  const { rows } = await db.query<StoredSet>(`select ${COLUMNS} from data_sets order by name`);
  return rows.map(toDataSet);
}

export async function findSet(db: Database, name: string): Promise<DataSet | null> {
  const { rows } = await db.query<StoredSet>(`select ${COLUMNS} from data_sets where name = $1`, [name]);
  return rows[0] ? toDataSet(rows[0]) : null;
}

/** Writes down, in the transaction that publishes it, that a set is here, as its report has it. */
export async function rememberSet(db: Database, runId: string, { source, dataset, format }: SetRef): Promise<void> {
  await db.query(
    `insert into data_sets (name, dataset, format, run_id, row_counts, newest_at, digest)
     select $2, $3, $4, run_id, row_counts, newest_at, digest from quality_reports where run_id = $1
     on conflict (name) do update set dataset = excluded.dataset, format = excluded.format, run_id = excluded.run_id,
       row_counts = excluded.row_counts, newest_at = excluded.newest_at, digest = excluded.digest, published_at = now()`,
    [runId, source, dataset, format],
  );
}

const toDataSet = ({ newest_at, added_at, published_at, ...set }: StoredSet): DataSet => ({
  ...set,
  newest_at: newest_at?.toISOString() ?? null,
  added_at: added_at.toISOString(),
  published_at: published_at.toISOString(),
});
