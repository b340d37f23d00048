import { invalid } from '../../../contracts/failures.ts';
import type { Database } from '../../../platform/postgres.ts';
import { idsOfKnownMovies, isNamed } from '../../catalogue/movieRefs.ts';
import { COLUMN_TYPES, columnsOf, ensureOfflineTable, quoteName } from '../offlineTable.ts';
import type { FeatureView } from '../views/view.ts';
import { encodeValues } from './encoding.ts';
import type { IncomingRow } from './incomingRows.ts';
import type { OnlineStore } from './store.ts';

export const PUSH_TARGETS = ['online', 'offline', 'online_and_offline'] as const;
export type PushTarget = (typeof PUSH_TARGETS)[number];

/**
 * Takes rows of a view; when this resolves they are readable in each of the stores that they are for.
 * @throws Failure `invalid` for a movie of a name, `source:external_id`, that nobody has
 */
export async function pushRows(
  { db, store }: { db: Database; store: Pick<OnlineStore, 'push'> },
  { view, rows: sent, to }: { view: FeatureView; rows: readonly IncomingRow[]; to: PushTarget },
): Promise<void> {
  if (sent.length === 0) return;
  const rows = view.entity.name === 'movie' ? await byMovieId(db, sent) : sent;
  if (to !== 'online') await keepOffline(db, view, rows);
  if (to === 'offline') return;
  await store.push(
    view.name,
    rows.map(({ values, ...row }) => ({ ...row, text: encodeValues(view.features, values) })),
  );
}

async function byMovieId(db: Database, rows: readonly IncomingRow[]): Promise<IncomingRow[]> {
  const ids = await idsOfKnownMovies(
    db,
    rows.map(({ entityId }) => entityId),
  );
  const unknown = ids.find(isNamed);
  if (unknown !== undefined) throw invalid('rows', `there is no movie ${unknown} in the catalogue`);
  return rows.map((row, at) => ({ ...row, entityId: ids[at]! }));
}

/** The same row again changes nothing. */
async function keepOffline(db: Database, view: FeatureView, rows: readonly IncomingRow[]): Promise<void> {
  await ensureOfflineTable(db, view);
  const types = view.features.map(({ name, type }) => `${quoteName(name)} ${COLUMN_TYPES[type]}`);
  const records = rows.map(({ entityId, eventMs, createdMs, values }) => ({
    ...values,
    entity_id: entityId,
    event_timestamp: new Date(eventMs).toISOString(),
    created_at: new Date(createdMs).toISOString(),
  }));
  await db.query(
    `insert into ${quoteName(view.offlineTable)} (entity_id, event_timestamp, created_at, ${columnsOf(view)})
     select entity_id, event_timestamp, created_at, ${columnsOf(view)}
     from json_to_recordset($1) as r (entity_id text, event_timestamp timestamptz, created_at timestamptz, ${types.join(', ')})
     order by entity_id, event_timestamp, created_at on conflict do nothing`,
    [JSON.stringify(records)],
  );
}
