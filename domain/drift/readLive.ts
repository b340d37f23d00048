import type { Database } from '../../platform/postgres.ts';
import { createRandom } from '../recommender/numeric/random.ts';
import { runsByUser } from '../recommender/data/interactions.ts';
import type { Snapshot } from '../recommender/data/snapshot.ts';
import type { Live } from './judgeInput.ts';
import type { Window } from './reference.ts';
import { classOrNone, createSessionsBuilder, NO_MOVIE } from './sessions.ts';

/** More tell no more: a window of a million would take minutes. */
const MOST_EVENTS = 10_000;
const SEED = 7;

export interface ReadWindow {
  readonly live: Live;
  readonly events: number;
  readonly users: number;
  /** How many were kept, where there are more than are compared */
  readonly sampledEvents: number | null;
}

/** What users chose within the window, as events tell; of more than are compared, all that users did who are drawn by lot. */
export async function readLive(db: Database, window: Window, known: Pick<Snapshot, 'interactions' | 'movies'> | null): Promise<ReadWindow> {
  const span = [new Date(window.from), new Date(window.to)];
  const { rows: counted } = await db.query<{ user_id: string; events: number }>(
    `select user_id, count(distinct movie_id)::int as events from interactions c
     where occurred_at >= $1 and occurred_at < $2 and is_choice(interaction_type, rating) group by user_id order by user_id`,
    span,
  );
  const events = counted.reduce((sum, row) => sum + row.events, 0);
  const chosen = events <= MOST_EVENTS ? null : drawUsers(counted);
  // Of several events about one movie within the window the last rating counts, and it is one choice.
  const { rows } = await db.query<{ user_id: string; movie_id: string; rating: number | null }>(
    `select distinct on (user_id, movie_id) user_id, movie_id::text, rating from interactions
     where occurred_at >= $1 and occurred_at < $2 and is_choice(interaction_type, rating) and ($3::text[] is null or user_id = any ($3))
     order by user_id, movie_id, rating is null, occurred_at desc`,
    [...span, chosen],
  );
  return { live: toLive(rows, known), events, users: counted.length, sampledEvents: chosen && rows.length };
}

function drawUsers(counted: readonly { user_id: string; events: number }[]): string[] {
  const random = createRandom(SEED);
  const byLot = counted.map((row) => ({ ...row, lot: random.next() })).sort((a, b) => a.lot - b.lot);
  let left = MOST_EVENTS;
  return byLot.filter(({ events }) => (left -= events) >= 0).map(({ user_id }) => user_id);
}

/** What somebody had chosen before, and chooses again, is left out: what the model learnt from has each movie of a user once too. */
function toLive(
  rows: readonly { user_id: string; movie_id: string; rating: number | null }[],
  known: Pick<Snapshot, 'interactions' | 'movies'> | null,
): Live {
  const builder = createSessionsBuilder();
  const before = chosenBefore(new Set(rows.map(({ user_id }) => user_id)), known);
  const newUsers = new Set<string>();
  let newItems = 0;
  for (const { user_id, movie_id, rating } of rows) {
    const movie = known?.movies.vocabulary.indexOf(movie_id) ?? NO_MOVIE;
    if (before.ofUser(user_id)?.has(movie)) continue;
    builder.add(user_id, movie, classOrNone(rating));
    if (!before.ofUser(user_id)) newUsers.add(user_id);
    if (!before.movies.has(movie)) newItems += 1;
  }
  return { sessions: builder.build(), newUsers: newUsers.size, newItems };
}

function chosenBefore(users: ReadonlySet<string>, known: Pick<Snapshot, 'interactions' | 'movies'> | null) {
  const byUser = new Map<string, Set<number>>();
  if (known) {
    const { interactions } = known;
    for (const { from, to } of runsByUser(interactions)) {
      const user = interactions.users.ids[interactions.userIndex[from]!]!;
      if (users.has(user)) byUser.set(user, new Set(interactions.movieIndex.subarray(from, to)));
    }
  }
  return { ofUser: (user: string) => byUser.get(user), movies: new Set(known?.interactions.movieIndex) };
}
