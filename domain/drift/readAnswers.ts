import type { Database } from '../../platform/postgres.ts';
import type { RatioSums } from '../abTests/estimates.ts';
import { ATTRIBUTION, CREDITED } from '../outcomes/credited.ts';
import type { Window } from './reference.ts';

/** What of the model registry answered. */
export interface ServedVersion {
  readonly name: string;
  readonly version: string;
}

/** Answers of the version that were shown to somebody. */
const SHOWN = `
  shown as (
    select recommendation_id, user_id, served_at, movie_ids, scores from served_answers
    where model = $1 and version = $2 and not is_shadow and user_id is not null and served_at >= $3 and served_at < $4
  )`;

/** When the version first answered; null where it has not. */
export async function firstServed(db: Database, { name, version }: ServedVersion): Promise<Date | null> {
  const { rows } = await db.query<{ first: Date | null }>(
    'select min(served_at) as first from served_answers where model = $1 and version = $2 and not is_shadow and user_id is not null',
    [name, version],
  );
  return rows[0]!.first;
}

const parametersOf = ({ name, version }: ServedVersion, { from, to }: Window) => [name, version, new Date(from), new Date(to)];

/** The first movie's score of the latest answer that each user was given. */
export async function readScores(db: Database, served: ServedVersion, window: Window): Promise<Float64Array> {
  const { rows } = await db.query<{ score: number }>(
    `with ${SHOWN} select distinct on (user_id) scores[1] as score from shown where cardinality(scores) > 0 order by user_id, served_at desc`,
    parametersOf(served, window),
  );
  return Float64Array.from(rows, ({ score }) => score);
}

/** Sums over users of x clicks, or hits, by y answers, or choices. */
const SUMS = `
  select count(*)::float8 as users, coalesce(sum(x), 0)::float8 as numerators, coalesce(sum(y), 0)::float8 as denominators,
    coalesce(sum(x * x), 0)::float8 as "numeratorSquares", coalesce(sum(y * y), 0)::float8 as "denominatorSquares",
    coalesce(sum(x * y), 0)::float8 as products`;

/**
 * Movies that users chose within a week of being shown them; by answers. As all outcomes are put down to answers, but for what comes after the window: of an
 * earlier one more would be known.
 */
export const sumClicks = (db: Database, served: ServedVersion, window: Window): Promise<RatioSums> =>
  readSums(
    db,
    `with ${SHOWN},
     ${CREDITED},
     clicks as (
       select user_id, count(distinct (recommendation_id, movie_id))::float8 as x from credited where is_click and occurred_at < $4 group by user_id
     ),
     answers as (select user_id, count(*)::float8 as y from shown group by user_id)
     ${SUMS} from (select coalesce(x, 0) as x, y from answers left join clicks using (user_id)) u`,
    parametersOf(served, window),
  );

/**
 * Choices whose movie stood among the first ten of the latest answer that the user had been given within a week before; by choices that had such an answer.
 * What a user chose elsewhere counts too, so that it is the hit rate of what was really served.
 */
export const sumHits = (db: Database, served: ServedVersion, window: Window): Promise<RatioSums> =>
  readSums(
    db,
    `with choices as (
       select distinct on (i.user_id, i.movie_id) i.user_id, i.movie_id, before.movie_ids
       from interactions i cross join lateral (
         select s.model, s.version, s.movie_ids from served_answers s
         where s.user_id = i.user_id and not s.is_shadow and s.served_at <= i.occurred_at
           and s.served_at > i.occurred_at - ${ATTRIBUTION}
         order by s.served_at desc limit 1
       ) before
       where i.occurred_at >= $3 and i.occurred_at < $4 and is_choice(i.interaction_type, i.rating) and before.model = $1 and before.version = $2
       order by i.user_id, i.movie_id, i.occurred_at
     )
     ${SUMS} from (
       select count(*) filter (where movie_id = any (movie_ids[1:10]))::float8 as x, count(*)::float8 as y from choices group by user_id
     ) u`,
    parametersOf(served, window),
  );

async function readSums(db: Database, sql: string, parameters: readonly unknown[]): Promise<RatioSums> {
  const { rows } = await db.query<RatioSums>(sql, [...parameters]);
  return rows[0]!;
}
