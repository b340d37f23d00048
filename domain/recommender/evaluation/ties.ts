import { runsByUser } from '../data/interactions.ts';
import type { Snapshot } from '../data/snapshot.ts';
import { TEST } from '../data/split.ts';

/**
 * Of the users whose last movie is held out, the share where another movie is of the same moment, so that the order of the source, or the seed, says
 * which was the last. Null for a split that does not go by the last movie, and where nothing is held out.
 */
export function shareOfTied({ split, interactions, rankingSplit }: Snapshot): number | null {
  if (split !== 'leave_one_out') return null;
  const heldOut = [...runsByUser(interactions)].filter(({ to }) => rankingSplit[to - 1] === TEST);
  if (heldOut.length === 0) return null;
  const { ratedAt } = interactions;
  return heldOut.filter(({ to }) => ratedAt[to - 1] === ratedAt[to - 2]).length / heldOut.length;
}
