import { LRUCache } from 'lru-cache';
import type { Logger } from '../../platform/log.ts';
import { prepare, type Database } from '../../platform/postgres.ts';

export interface SeenMovies {
  /** All that the user rated or interacted with. */
  readonly movies: ReadonlySet<string>;
  /** Those of them that the user chose (the view `user_choices`), oldest first: what a model may score by. */
  readonly chosen: readonly string[];
  /** Those of the chosen that the user rated so low that nothing is recommended because of them. */
  readonly regretted: ReadonlySet<string>;
  /** Those of them that the user said they dislike, oldest first. */
  readonly disliked: readonly string[];
  /** `unavailable`: the database is away and this user was not asked about lately. */
  readonly from: 'database' | 'memory' | 'unavailable';
}

type Remembered = Pick<SeenMovies, 'movies' | 'chosen' | 'regretted' | 'disliked'>;

const NOTHING: Remembered = { movies: new Set(), chosen: [], regretted: new Set(), disliked: [] };
/** Of ratings, from 0.5 to 5: who gives it would not want more of the kind. */
const REGRETTED_UP_TO = 2;
/** Movie ids kept over all users; some 70 bytes each. */
const REMEMBERED_MOVIES = 1_000_000;
/** While the database is away, one request in this time finds out whether it is back; the others don't wait for it. */
const LOOK_AGAIN_MS = 1_000;

/** All in one text, which costs a tenth of as many rows; a minus stands before what is disliked, an exclamation mark before what is regretted, a tilde before what the user met and did neither choose nor dislike. Both halves of the view are found by an index. */
export const SEEN_MOVIES_SQL = `
  select string_agg(case when is_chosen and rating <= ${REGRETTED_UP_TO} then '!' when is_chosen then '' when opinion = 'dislike' then '-' else '~' end || movie_id, ',' order by happened_at, place nulls first, movie_id) as seen
  from user_choices where user_id = $1`;
const seenMovies = prepare(SEEN_MOVIES_SQL);

/** Reads what a user has rated or interacted with, anew for each request; from memory while the database is away. */
export function createSeenReader({ db, log }: { db: Database; log: Logger }): (userId: string) => Promise<SeenMovies> {
  const remembered = new LRUCache<string, Remembered>({
    maxSize: REMEMBERED_MOVIES,
    sizeCalculation: ({ movies }) => movies.size + 1,
  });
  /** 0 while the database is there. */
  let askAgainAt = 0;

  return async (userId) => {
    if (Date.now() >= askAgainAt) {
      if (askAgainAt > 0) askAgainAt = Date.now() + LOOK_AGAIN_MS; // this request finds out
      try {
        const { rows } = await db.query<{ seen: string | null }>(seenMovies([userId]));
        const all = rows[0]?.seen?.split(',') ?? [];
        const marked = (mark: string) => all.filter((movie) => movie.startsWith(mark)).map((movie) => movie.slice(1));
        const bare = (movies: readonly string[]) => movies.map((movie) => movie.replace(/^[-!~]/, ''));
        const chosen = bare(all.filter((movie) => !/^[-~]/.test(movie)));
        const seen = { movies: new Set(bare(all)), chosen, regretted: new Set(marked('!')), disliked: marked('-') };
        remembered.set(userId, seen);
        askAgainAt = 0;
        return { ...seen, from: 'database' };
      } catch (error) {
        if (askAgainAt === 0) log.warn({ err: error }, 'cannot read what users have seen; using what is remembered');
        askAgainAt = Date.now() + LOOK_AGAIN_MS;
      }
    }
    const seen = remembered.get(userId);
    return seen ? { ...seen, from: 'memory' } : { ...NOTHING, from: 'unavailable' };
  };
}
