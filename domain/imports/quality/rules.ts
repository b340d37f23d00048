import type { StagedKind } from '../../../contracts/dataImport.ts';
import type { QualityCheck } from '../../../contracts/quality.ts';

/** MovieLens began in 1995. */
const EARLIEST = "timestamptz '1995-01-01 00:00:00+00'";
/** As events are held to. */
const LATEST = 'latest_time()';

/** Of films that there can be; an evaluation holds its rows to it too. */
export const RELEASE_YEARS = { first: 1870, last: 2200 } as const;

/** A promise that each staged row keeps or breaks. SQL over the staged row `s`. */
export interface RowRule {
  readonly about: StagedKind;
  readonly name: string;
  readonly check: Extract<QualityCheck, 'nulls' | 'range' | 'references'>;
  /** What the row is held against: a join that keeps each row once. */
  readonly join?: string;
  /** True of a row that breaks the rule. */
  readonly offends: string;
  /** What is said of such a row, as text. */
  readonly reason: string;
}

/** A promise that no two staged rows of a kind share a key. Of those that do, the first in this order is kept. */
export interface UniqueRule {
  readonly about: StagedKind;
  readonly name: string;
  readonly key: readonly string[];
  readonly keep: string;
  readonly reason: string;
}

const RATED_AT = `to_char(s.rated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/**
 * The rules of staged rows. A row that breaks one is set aside under the first that it breaks; too many of them stop the publication.
 * @param movies table of the run's staged movies
 */
export const rowRules = (movies: string): readonly RowRule[] => [
  { about: 'movies', name: 'complete', check: 'nulls', offends: 's.title is null', reason: "'the title is empty'" },
  {
    about: 'movies',
    name: 'year_in_range',
    check: 'range',
    offends: `s.release_year not between ${RELEASE_YEARS.first} and ${RELEASE_YEARS.last}`,
    reason: `'release year ' || s.release_year || ' is not between ${RELEASE_YEARS.first} and ${RELEASE_YEARS.last}'`,
  },
  {
    about: 'users',
    name: 'age_in_range',
    check: 'range',
    offends: 's.age not between 0 and 130',
    reason: "'age ' || s.age || ' is not 0 to 130'",
  },
  {
    about: 'ratings',
    name: 'complete',
    check: 'nulls',
    offends: 's.user_id is null or s.movie_id is null or s.rating is null or s.rated_at is null',
    reason: "'user, movie, rating or time is missing'",
  },
  {
    about: 'ratings',
    name: 'rating_in_range',
    check: 'range',
    offends: 's.rating not between 0.5 and 5 or s.rating * 2 <> round(s.rating * 2)',
    reason: "'rating ' || s.rating || ' is not 0.5 to 5 in halves'",
  },
  {
    about: 'ratings',
    name: 'rated_in_time',
    check: 'range',
    offends: `s.rated_at not between ${EARLIEST} and ${LATEST}`,
    reason: `'rated at ' || ${RATED_AT} || ', which is not between 1995 and now'`,
  },
  {
    about: 'ratings',
    name: 'movie_known',
    check: 'references',
    // A join is hashed whatever its size; an `exists` over many movies is looked up row by row.
    join: `left join (select movie_id from ${movies} union select movie_id from movies) known on known.movie_id = s.movie_id`,
    offends: 'known.movie_id is null',
    reason: "'movie ' || s.movie_id || ' is neither in the set nor in the catalogue'",
  },
];

export const UNIQUE_RULES: readonly UniqueRule[] = [
  { about: 'movies', name: 'unique', key: ['movie_id'], keep: 'line', reason: "'movie ' || s.movie_id || ' stands here a second time'" },
  { about: 'users', name: 'unique', key: ['user_id'], keep: 'line', reason: "'user ' || s.user_id || ' stands here a second time'" },
  {
    about: 'ratings',
    name: 'unique',
    key: ['user_id', 'movie_id'],
    keep: 'rated_at desc, line desc',
    reason: "'user ' || s.user_id || ' rated movie ' || s.movie_id || ' later again'",
  },
];
