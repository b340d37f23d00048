import { withTransaction, type Pool } from '../../platform/postgres.ts';
import type { PoolClient } from 'pg';
import type { FeatureDefinitions } from './definitions.ts';
import { idsOfKnownMovies } from '../catalogue/movieRefs.ts';
import { quoteName } from './offlineTable.ts';
import { joinAtTheirTime } from './pointInTime.ts';
import { refuseUntrainable } from './references.ts';
import type { FeatureValue } from './views/view.ts';

/** Rows that somebody asks about, column by column. */
export interface EntityRows {
  /** When each row is of: ISO 8601, to the microsecond */
  readonly times: readonly string[];
  /** Ids by join key, movies also as `source:external_id`; null in a row that has none, of which nothing is known then */
  readonly ids: Readonly<Record<string, readonly (string | null)[]>>;
}

/**
 * The values that features had at each row's own time, by the join that training reads with (`joinAtTheirTime`). Rows come and go in parts, so that memory
 * is one part; all of them are answered from one moment of the offline store.
 * @param take gets a column for each reference, in the order of the part's rows; the next part waits for it
 * @throws Failure `invalid` for a reference that names none; `FeatureNotTrainable` for one that may not be learnt from, which is what these rows are for
 */
export async function readHistoricalFeatures<Part extends EntityRows>(
  pool: Pool,
  definitions: FeatureDefinitions,
  { references, parts }: { references: readonly string[]; parts: Iterable<Part> },
  take: (columns: readonly (readonly FeatureValue[])[], part: Part) => Promise<void>,
): Promise<void> {
  refuseUntrainable(definitions, references);
  await withTransaction(pool, async (connection) => {
    await connection.query('set transaction isolation level repeatable read, read only');
    for (const part of parts) await take(await joinPart(connection, definitions, references, part), part);
  });
}

async function joinPart(
  connection: PoolClient,
  definitions: FeatureDefinitions,
  references: readonly string[],
  { times, ids: given }: EntityRows,
): Promise<FeatureValue[][]> {
  const ids = { ...given, ...(given['movie_id'] && { movie_id: await idsOfKnownMovies(connection, given['movie_id']) }) };
  const keys = Object.keys(ids);
  const arrays = ['$1::timestamptz[]', ...keys.map((_, at) => `$${at + 2}::text[]`)];
  const names = ['event_timestamp', ...keys, 'nth'].map(quoteName);
  const rows = joinAtTheirTime<{ nth: number }>(connection, definitions, {
    labelsSql: `select * from unnest(${arrays.join()}) with ordinality as rows (${names.join()})`,
    parameters: [times, ...Object.values(ids)],
    references,
  });
  const columns = references.map(() => Array<FeatureValue>(times.length).fill(null));
  for await (const { label, features } of rows) references.forEach((reference, at) => (columns[at]![label.nth - 1] = features[reference]!));
  return columns;
}
