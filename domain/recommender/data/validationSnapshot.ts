import { selectFeatures } from './featureTable.ts';
import { rowsWhere, selectRows } from './interactions.ts';
import type { Snapshot } from './snapshot.ts';
import { TEST, VALIDATION } from './split.ts';

/**
 * The snapshot as it looks to whoever chooses hyper-parameters: what is validation is asked, and what is test is not there. Training rows are the
 * same, so a model trained on either is the same.
 */
export function validationSnapshot(snapshot: Snapshot): Snapshot {
  const { interactions, features, rankingSplit, ratingSplit } = snapshot;
  const rows = rowsWhere(interactions, (row) => rankingSplit[row] !== TEST);
  // A test rating of a movie that training knows as chosen stays, as a row that is not asked.
  const asked = (part: number) => (part === VALIDATION ? TEST : part === TEST ? VALIDATION : part);
  return {
    ...snapshot,
    interactions: selectRows(interactions, rows),
    features: selectFeatures(features, rows),
    rankingSplit: Uint8Array.from(rows, (row) => asked(rankingSplit[row]!)),
    ratingSplit: Uint8Array.from(rows, (row) => asked(ratingSplit[row]!)),
  };
}
