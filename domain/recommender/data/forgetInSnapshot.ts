import { selectFeatures } from './featureTable.ts';
import { createVocabulary, rowsWhere, selectRows } from './interactions.ts';
import type { Snapshot } from './snapshot.ts';

/** A snapshot without a user's rows; all others are held out, or not, as they were. @returns undefined where nobody else is in it */
export function forgetInSnapshot(snapshot: Snapshot, userId: string): Snapshot | undefined {
  const { interactions, features, rankingSplit, ratingSplit } = snapshot;
  const user = interactions.users.indexOf(userId);
  if (user === undefined) return snapshot;
  const rows = rowsWhere(interactions, (row) => interactions.userIndex[row] !== user);
  if (rows.length === 0) return undefined;
  const left = selectRows(interactions, rows);
  return {
    ...snapshot,
    interactions: {
      ...left,
      users: createVocabulary(interactions.users.ids.filter((id) => id !== userId)),
      userIndex: left.userIndex.map((at) => (at > user ? at - 1 : at)),
    },
    features: selectFeatures(features, rows),
    rankingSplit: Uint8Array.from(rows, (row) => rankingSplit[row]!),
    ratingSplit: Uint8Array.from(rows, (row) => ratingSplit[row]!),
  };
}
