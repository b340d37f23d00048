import { isSearch, type UserEvent, type UserInteractionEvent } from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';
import { byMovieId, recordInteractions } from './interactions.ts';
import { recordSearches } from './searches.ts';

/**
 * Keeps what users did and searched for, once per event id.
 * @returns the interactions, with the catalogue's ids of their movies
 * @throws Failure `missing` for a movie of a name that nobody has
 */
export async function recordUserEvents(db: Database, events: readonly UserEvent[]): Promise<UserInteractionEvent[]> {
  const searches = events.filter(isSearch);
  const interactions = await byMovieId(
    db,
    events.filter((event) => !isSearch(event)),
  );
  await recordInteractions(db, interactions);
  await recordSearches(db, searches);
  return interactions;
}
