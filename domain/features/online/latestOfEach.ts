import type { EntityRow } from './store.ts';

/** One row an entity: the latest, and of two that are equally late the one that comes last. */
export function latestOfEach(rows: readonly EntityRow[]): EntityRow[] {
  const latest = new Map<string, EntityRow>();
  for (const row of rows) {
    const known = latest.get(row.entityId);
    if (!known || !isEarlier(row, known)) latest.set(row.entityId, row);
  }
  return [...latest.values()];
}

const isEarlier = (a: EntityRow, b: EntityRow) => (a.eventMs === b.eventMs ? a.createdMs < b.createdMs : a.eventMs < b.eventMs);
