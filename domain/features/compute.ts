import { permanent } from '../../contracts/failures.ts';
import type { PoolClient } from 'pg';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { columnsOf, quoteName } from './offlineTable.ts';
import type { FeatureView } from './views/view.ts';

export interface ComputeWindow {
  /** Rows later than this; from where the view was computed to when missing, from the beginning where it never was. */
  readonly start?: Date;
  /** Rows up to this */
  readonly end: Date;
}

export interface Computed {
  readonly view: string;
  /** Rows that were new or had changed. */
  readonly written: number;
  /** Rows that nothing in the source stands for any more. */
  readonly removed: number;
  /** Entities whose past had changed: something of it came late or was corrected. */
  readonly late_entities: number;
  readonly computed_to: string;
}

/**
 * Brings a view's offline table up to a time. What was computed before and still holds is not written again, so that doing it twice is doing it
 * once; where the past of an entity has changed, its rows are made anew, with a later created_at. There is never a gap: a start after the time
 * that the view was computed to counts as that time.
 *
 * It takes turns with other computations of the same view.
 * @throws Failure `InvalidSpec` that names the view, and what the database said of its SQL
 */
export const computeView = (pool: Pool, view: FeatureView, window: ComputeWindow): Promise<Computed> =>
  withTransaction(pool, async (connection) => {
    if (view.sourceSql === null) throw permanent('InvalidSpec', `${view.name} is written to by events alone and cannot be computed`);
    await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`feature view ${view.name}`]);
    const before = await readComputedTo(connection, view);
    const end = window.end;
    const computedTo = before && before > end ? before : end;
    const start = before && window.start ? earlier(before, window.start) : before;

    const late = before ? await findLateEntities(connection, view, { before, upto: computedTo }) : [];
    const written = await writeRows(connection, view, { start, end, entities: null });
    // Before the first time there may be rows of an earlier definition.
    const removed = await removeRowsWithoutSource(connection, view, { start: null, end: computedTo, entities: before ? late : null });
    const rewritten = await writeRows(connection, view, { start: null, end: computedTo, entities: late });
    await rememberFingerprints(connection, view, computedTo);
    await connection.query(
      `insert into feature_view_state (view, computed_to) values ($1, $2)
       on conflict (view) do update set computed_to = excluded.computed_to, computed_at = now()`,
      [view.name, computedTo],
    );
    return {
      view: view.name,
      written: written + rewritten,
      removed,
      late_entities: late.length,
      computed_to: computedTo.toISOString(),
    };
  });

/** How far the view is computed; null where it never was. */
async function readComputedTo(connection: Pick<PoolClient, 'query'>, { name }: FeatureView): Promise<Date | null> {
  const { rows } = await connection.query<{ computed_to: Date }>('select computed_to from feature_view_state where view = $1', [name]);
  return rows[0]?.computed_to ?? null;
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

async function findLateEntities(
  connection: PoolClient,
  view: FeatureView,
  { before, upto }: { before: Date; upto: Date },
): Promise<string[]> {
  if (view.fingerprintSql === null) return [];
  // An entity whose source has nothing before that time has no fingerprint of it, and the same goes for one that was never seen.
  const { rows } = await runSource<{ entity_id: string }>(
    connection,
    view,
    `select coalesce(s.entity_id, f.entity_id) as entity_id
     from (${view.fingerprintSql}) s
     full join (select entity_id, fingerprint from feature_fingerprints where view = $3) f on f.entity_id = s.entity_id
     where s.before is distinct from f.fingerprint`,
    [before, upto, view.name],
  );
  return rows.map(({ entity_id }) => entity_id);
}

async function rememberFingerprints(connection: PoolClient, view: FeatureView, computedTo: Date): Promise<void> {
  if (view.fingerprintSql === null) return;
  await runSource(
    connection,
    view,
    `with source as (select entity_id, upto from (${view.fingerprintSql}) s where upto is not null),
     gone as (
       delete from feature_fingerprints f where view = $3 and not exists (select from source where source.entity_id = f.entity_id)
     )
     insert into feature_fingerprints as f (view, entity_id, fingerprint) select $3, entity_id, upto from source
     on conflict (view, entity_id) do update set fingerprint = excluded.fingerprint where f.fingerprint <> excluded.fingerprint`,
    [computedTo, computedTo, view.name],
  );
}

interface Rows {
  readonly start: Date | null;
  readonly end: Date;
  /** Null: all of them */
  readonly entities: readonly string[] | null;
}

/** Writes the rows of the window that are not there, or not so. @returns how many */
async function writeRows(connection: PoolClient, view: FeatureView, { start, end, entities }: Rows): Promise<number> {
  if (entities?.length === 0) return 0;
  const table = quoteName(view.offlineTable);
  const { rowCount } = await runSource(
    connection,
    view,
    `insert into ${table} (entity_id, event_timestamp, created_at, ${columnsOf(view)})
     select s.entity_id, s.event_timestamp, greatest(statement_timestamp(), o.created_at + interval '1 microsecond'), ${columnsOf(view, 's.')}
     from (${view.sourceSql}) s
     left join (
       select distinct on (entity_id, event_timestamp) * from ${table}
       where event_timestamp > $1 and event_timestamp <= $2 ${entities ? 'and entity_id = any($3)' : ''}
       order by entity_id, event_timestamp, created_at desc
     ) o on o.entity_id = s.entity_id and o.event_timestamp = s.event_timestamp
     where ${entities ? 's.entity_id = any($3) and' : ''}
       (o.entity_id is null or (${columnsOf(view, 's.')}) is distinct from (${columnsOf(view, 'o.')}))`,
    [start ?? '-infinity', end, ...(entities ? [entities] : [])],
  );
  return rowCount ?? 0;
}

/** Rows of a batch view at times at which nothing changes any more. A stream's rows are its own. */
async function removeRowsWithoutSource(connection: PoolClient, view: FeatureView, { start, end, entities }: Rows): Promise<number> {
  if (entities?.length === 0 || view.kind === 'stream') return 0;
  // Of a source that came a moment ago the planner knows nothing: taken for one row, it would be gone through once for each row of the table.
  await connection.query('set local enable_nestloop = off');
  const { rowCount } = await runSource(
    connection,
    view,
    `with source as (select s.entity_id, s.event_timestamp from (${view.sourceSql}) s ${entities ? 'where s.entity_id = any($3)' : ''})
     delete from ${quoteName(view.offlineTable)} o
     where o.event_timestamp > $1 and o.event_timestamp <= $2 ${entities ? 'and o.entity_id = any($3)' : ''}
       and not exists (select from source where source.entity_id = o.entity_id and source.event_timestamp = o.event_timestamp)`,
    [start ?? '-infinity', end, ...(entities ? [entities] : [])],
  );
  await connection.query('set local enable_nestloop = on');
  return rowCount ?? 0;
}

async function runSource<Row extends object>(connection: PoolClient, view: FeatureView, sql: string, parameters: unknown[]) {
  try {
    return await connection.query<Row>(sql, parameters);
  } catch (error) {
    // 42: the statement is wrong; 22: it meets a value that it cannot work with; 23: two rows of one time. Anything else may mend itself.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^(42|22|23)/.test(code)) throw error;
    throw permanent('InvalidSpec', `the SQL of feature view ${view.name} fails: ${(error as Error).message}`, { cause: error });
  }
}
