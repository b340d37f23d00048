import type { Database } from '../../../platform/postgres.ts';
import { readMovieTrends } from '../../trends/trends.ts';
import type { FeatureView } from '../views/view.ts';
import { encodeValues } from './encoding.ts';
import type { OnlineStore } from './store.ts';

/** A row counts for a day, so that one that stays as it is has to be written again. */
const WRITE_AGAIN_MS = 3_600_000;
const ROWS_OF_PUSH = 2_000;

/**
 * Brings online what trends, once called for each look: the rows that have changed since, also since time has passed, and after a start all of them.
 * @returns the look, which tells how many rows it wrote
 */
export function createTrendPusher({ db, store, view }: { db: Database; store: Pick<OnlineStore, 'push'>; view: FeatureView }) {
  const written = new Map<string, { readonly text: string; readonly atMs: number }>();

  return async (): Promise<number> => {
    const atMs = Date.now();
    const rows = (await readMovieTrends(db)).map(({ movie_id: entityId, ...values }) => ({
      ...{ entityId, eventMs: atMs, createdMs: atMs },
      text: encodeValues(view.features, values),
    }));
    const changed = rows.filter(({ entityId, text }) => {
      const before = written.get(entityId);
      return before?.text !== text || atMs - before.atMs >= WRITE_AGAIN_MS;
    });
    for (let from = 0; from < changed.length; from += ROWS_OF_PUSH) {
      const part = changed.slice(from, from + ROWS_OF_PUSH);
      await store.push(view.name, part);
      for (const { entityId, text } of part) written.set(entityId, { text, atMs });
    }
    const here = new Set(rows.map(({ entityId }) => entityId));
    for (const entityId of written.keys()) if (!here.has(entityId)) written.delete(entityId);
    return changed.length;
  };
}
