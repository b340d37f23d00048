import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { ATTRIBUTION, CREDITED } from './credited.ts';
import { keepPopularity } from './popularity.ts';

/** Writers' transactions may be committed so long after the time that their rows have. Hours are counted whole, so that looking back costs no truth. */
const LOOK_BACK_MS = 300_000;
/** Events of before the first count are counted from so long ago. */
const FIRST_EVENTS_MS = 86_400_000;
/** Hours of one turn, each a transaction of its own. */
const HOURS_OF_TURN = 50;

/**
 * Counts anew what became of the answers of each hour that something has come for since the last call: an answer, an event, a day that an event of the future
 * waited for. Killed at any moment it goes on from there, and doing it twice leaves one effect. Calls take turns.
 * @param keptSince whose answers are older are not all there any more: what was counted of their hours stays
 * @returns how many hours were counted, and whether more are due
 */
export async function countOutcomes(pool: Pool, keptSince: Date): Promise<{ hours: number; hasMore: boolean }> {
  await inTurn(pool, async (db) => {
    await keepPopularity(db);
    await noteDue(db, keptSince);
  });
  let hours = 0;
  while (hours < HOURS_OF_TURN && (await inTurn(pool, countOneHour))) hours += 1;
  return { hours, hasMore: hours === HOURS_OF_TURN };
}

const inTurn = <T>(pool: Pool, body: (db: Database) => Promise<T>): Promise<T> =>
  withTransaction(pool, async (db) => {
    await db.query(`select pg_advisory_xact_lock(hashtextextended('outcomes', 0))`);
    return body(db);
  });

async function noteDue(db: Database, keptSince: Date): Promise<void> {
  const { rows } = await db.query<{ now: Date; counted_to: Date | null }>('select now(), counted_to from outcome_state');
  const { now, counted_to: countedTo } = rows[0]!;
  const since = countedTo && new Date(countedTo.getTime() - LOOK_BACK_MS);
  await db.query(NOTE_DUE, [since ?? '-infinity', keptSince]);
  if (since) await db.query(NOTE_CHANGED, [since, keptSince]);
  await db.query(COUNT_EVENTS, [since ?? new Date(now.getTime() - FIRST_EVENTS_MS)]);
  await db.query('update outcome_state set counted_to = now()');
}

const noteHours = (answers: string) => `
  insert into outcome_hours_due (hour)
  select distinct date_trunc('hour', served_at, 'UTC') from (${answers}) touched where date_trunc('hour', served_at, 'UTC') >= $2
  on conflict do nothing`;

/** Hours of answers that came. */
const NOTE_DUE = noteHours('select served_at from served_answers where stored_at >= $1 and not is_shadow');

/** Hours whose answers events are put down to that came, or have come of age; and hours of answers that lost events to one which came late itself. */
const NOTE_CHANGED = noteHours(`
  select served_at from event_answers where received_at >= $1
  union all
  select served_at from event_answers
  where occurred_at - received_at > interval '24 hours' and occurred_at >= $1::timestamptz + interval '1 day'
  union all
  select earlier.served_at
  from served_answers s
  join interactions i on i.user_id = s.user_id and i.movie_id = any (s.movie_ids) and i.occurred_at >= s.served_at
  cross join lateral (
    select e.served_at from served_answers e
    where e.user_id = s.user_id and e.served_at < s.served_at and not e.is_shadow and i.movie_id = any (e.movie_ids)
    order by e.served_at desc limit 1
  ) earlier
  where s.stored_at >= $1 and not s.is_shadow`);

const COUNT_EVENTS = `
  insert into outcome_events (since, events, by_id, by_time, late, unmatched)
  select date_bin('5 minutes', received_at, 'epoch'), count(*), count(*) filter (where is_named and not is_late),
    count(*) filter (where not is_named and not is_late), count(*) filter (where is_late),
    count(*) filter (where named_id is not null and is_named is not true)
  from (select *, occurred_at >= served_at + ${ATTRIBUTION} as is_late from event_answers) e
  where received_at >= date_bin('5 minutes', $1::timestamptz, 'epoch')
  group by 1
  on conflict (since) do update set events = excluded.events, by_id = excluded.by_id, by_time = excluded.by_time, late = excluded.late,
    unmatched = excluded.unmatched`;

/** @returns whether an hour was due */
async function countOneHour(db: Database): Promise<boolean> {
  // The newest first: after a long time away that is what people look at.
  const { rows } = await db.query<{ hour: Date }>(
    'delete from outcome_hours_due where hour = (select max(hour) from outcome_hours_due) returning hour',
  );
  if (!rows[0]) return false;
  await db.query('delete from outcome_sums where hour = $1', [rows[0].hour]);
  await db.query(COUNT_HOUR, [rows[0].hour]);
  return true;
}

const COUNT_HOUR = `
  with shown as (
    select recommendation_id, user_id, served_at, movie_ids, model, version, route, variant from served_answers
    where served_at >= $1 and served_at < $1::timestamptz + interval '1 hour' and not is_shadow
  ),
  ${CREDITED},
  movies_done as (
    select recommendation_id, movie_id, min(place) filter (where is_click) as place, bool_or(is_like) as has_liked,
      (array_agg(opinion order by occurred_at desc, seq desc) filter (where opinion is not null))[1] as opinion,
      (array_agg(rating order by occurred_at desc, seq desc) filter (where rating is not null))[1] as rating
    from credited group by recommendation_id, movie_id
  ),
  answers_done as (
    select recommendation_id, count(place) as clicks, sum(place) as places, 1.0 / min(place) as reciprocal_rank, bool_or(has_liked) as has_liked,
      count(*) filter (where opinion = 'like') as likes, count(*) filter (where opinion = 'dislike') as dislikes, count(rating) as ratings,
      sum(rating::float8) as rating_sum
    from movies_done group by recommendation_id
  ),
  sums as (
    select model, version, route, variant, count(*) as answers, sum(cardinality(movie_ids)) as shown, coalesce(sum(clicks), 0) as clicks,
      count(*) filter (where clicks > 0) as clicked_answers, count(*) filter (where has_liked) as converted_answers, coalesce(sum(places), 0) as places,
      coalesce(sum(reciprocal_rank), 0) as reciprocal_ranks, coalesce(sum(likes), 0) as likes, coalesce(sum(dislikes), 0) as dislikes,
      coalesce(sum(ratings), 0) as ratings, coalesce(sum(rating_sum), 0) as rating_sum
    from shown left join answers_done using (recommendation_id)
    group by model, version, route, variant
  ),
  movies_shown as (
    select model, version, route, variant, array_agg(movie_id order by movie_id) as movie_ids,
      sum(times * -ln(coalesce(share, 1.0 / (users + 1))) / ln(2)) as information
    from (
      select model, version, route, variant, movie_id, count(*) as times from shown, unnest(movie_ids) as movie_id
      group by model, version, route, variant, movie_id
    ) each
    left join movie_popularity using (movie_id)
    cross join outcome_state
    group by model, version, route, variant
  )
  insert into outcome_sums (hour, model, version, route, variant, answers, shown, clicks, clicked_answers, converted_answers, places, reciprocal_ranks,
    likes, dislikes, ratings, rating_sum, information, movie_ids)
  select $1, model, version, route, variant, answers, shown, clicks, clicked_answers, converted_answers, places, reciprocal_ranks,
    likes, dislikes, ratings, rating_sum, coalesce(information, 0), coalesce(movie_ids, '{}')
  from sums left join movies_shown using (model, version, route, variant)`;
