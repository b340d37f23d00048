import { checkPostgres, withTransaction, type Database, type Pool } from '../../../platform/postgres.ts';
import { BatchGivenUp, type EntityRow, type OnlineStore, type StoredRow } from './store.ts';
import { latestOfEach } from './latestOfEach.ts';

type Columns = readonly [eventMs: number | null, createdMs: number, text: string];

/** The online store in Postgres. A batch is staged in a table of its own and moved in one statement. */
export function createPostgresStore(pool: Pool): OnlineStore {
  return {
    name: 'postgres',

    async read(keys) {
      const { rows } = await pool.query<Columns>({
        name: 'read_online_features',
        text: `select o.event_ms, o.created_ms, o.row from unnest($1::text[], $2::text[]) with ordinality as key (view, entity_id, n)
               left join feature_online o using (view, entity_id) order by key.n`,
        values: [keys.map(({ view }) => view), keys.map(({ entityId }) => entityId)],
        rowMode: 'array',
      } as never);
      return rows.map(toStoredRow);
    },

    async push(view, rows) {
      await pool.query(
        `insert into feature_online as o (view, entity_id, event_ms, created_ms, row)
         select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[]) as pushed (entity_id, event_ms, created_ms, row)
         order by entity_id collate "C" ${UNLESS_NEWER}`,
        [view, ...columnsOf(latestOfEach(rows))],
      );
    },

    begin: (view, batch) =>
      withTransaction(pool, async (db) => {
        const open = await findOpen(db, view, batch);
        if (open) return open.staged_to;
        await db.query(
          `insert into feature_online_batches (view, open) values ($1, $2)
           on conflict (view) do update set (open, staged_to) = (excluded.open, null)`,
          [view, batch],
        );
        await db.query('delete from feature_online_staged where view = $1', [view]);
        return null;
      }),

    stage: (view, batch, rows) =>
      withTransaction(pool, async (db) => {
        if (!(await findOpen(db, view, batch))) throw new BatchGivenUp(view, batch);
        await db.query(
          `insert into feature_online_staged (view, entity_id, event_ms, created_ms, row)
           select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[]) on conflict (view, entity_id)
           do update set (event_ms, created_ms, row) = (excluded.event_ms, excluded.created_ms, excluded.row)`,
          [view, ...columnsOf(latestOfEach(rows))],
        );
        await db.query('update feature_online_batches set staged_to = $2 where view = $1', [view, rows.at(-1)?.entityId]);
      }),

    commit: (view, batch) =>
      withTransaction(pool, async (db) => {
        const { rowCount } = await db.query(
          'update feature_online_batches set open = null, staged_to = null, is_filled = true where view = $1 and open = $2',
          [view, batch],
        );
        if (rowCount === 0) throw new BatchGivenUp(view, batch);
        await db.query(
          `with batch as (delete from feature_online_staged where view = $1 returning *)
           insert into feature_online as o (view, entity_id, event_ms, created_ms, row)
           select view, entity_id, event_ms, created_ms, row from batch order by entity_id collate "C" ${UNLESS_NEWER}`,
          [view],
        );
      }),

    async isFilled(view) {
      const { rows } = await pool.query('select from feature_online_batches where view = $1 and is_filled', [view]);
      return rows.length > 0;
    },

    forget: (view, entityId) =>
      withTransaction(pool, async (db) => {
        const batches = await db.query(
          'update feature_online_batches set (open, staged_to) = (null, null) where view = $1 and staged_to = $2',
          [view, entityId],
        );
        const staged = await db.query('delete from feature_online_staged where view = $1 and entity_id = $2', [view, entityId]);
        const readable = await db.query('delete from feature_online where view = $1 and entity_id = $2', [view, entityId]);
        return (batches.rowCount ?? 0) + (staged.rowCount ?? 0) + (readable.rowCount ?? 0);
      }),

    async holds(view, entityId, before) {
      const { rows } = await pool.query<{ holds: boolean }>(
        `select exists (
           select from (select * from feature_online union all select * from feature_online_staged) r
           where view = $1 and entity_id = $2 and least(event_ms, created_ms) <= $3
         ) or exists (select from feature_online_batches where view = $1 and staged_to = $2) as holds`,
        [view, entityId, before.getTime()],
      );
      return rows[0]!.holds;
    },

    check: () => checkPostgres(pool),
    close: async () => undefined, // the pool is its owner's
  };
}

// Writers take the rows in one order, or two of them could wait for each other.
const UNLESS_NEWER = `on conflict (view, entity_id)
  do update set (event_ms, created_ms, row) = (excluded.event_ms, excluded.created_ms, excluded.row)
  where (o.event_ms, o.created_ms) <= (excluded.event_ms, excluded.created_ms)`;

/** Locks the view's row, so that no other batch is begun meanwhile. */
async function findOpen(db: Database, view: string, batch: string): Promise<{ staged_to: string | null } | undefined> {
  const { rows } = await db.query<{ staged_to: string | null }>(
    'select staged_to from feature_online_batches where view = $1 and open = $2 for update',
    [view, batch],
  );
  return rows[0];
}

const columnsOf = (rows: readonly EntityRow[]) => [
  rows.map(({ entityId }) => entityId),
  rows.map(({ eventMs }) => eventMs),
  rows.map(({ createdMs }) => createdMs),
  rows.map(({ text }) => text),
];

const toStoredRow = ([eventMs, createdMs, text]: Columns): StoredRow | undefined =>
  eventMs === null ? undefined : { eventMs, createdMs, text };
