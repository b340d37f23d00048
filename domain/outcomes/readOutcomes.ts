import { ATTRIBUTION_DAYS } from '../../contracts/abTests.ts';
import type { Outcome, OutcomeGroup, Outcomes, OutcomesQuery } from '../../contracts/outcomes.ts';
import type { Database } from '../../platform/postgres.ts';
import { removeBefore } from '../../platform/removeBefore.ts';

/** Sums over rows of `outcome_sums`, and what is made of them; `Outcome` says what each is. */
const SUMS = `
  coalesce(sum(answers), 0) as answers, coalesce(sum(shown), 0) as shown, coalesce(sum(clicks), 0) as clicks,
  coalesce(sum(clicked_answers), 0) as clicked_answers, coalesce(sum(converted_answers), 0) as converted_answers,
  coalesce(sum(likes), 0) as likes, coalesce(sum(dislikes), 0) as dislikes, coalesce(sum(ratings), 0) as ratings,
  sum(clicks)::float8 / nullif(sum(shown), 0) as click_through_rate,
  sum(clicked_answers)::float8 / nullif(sum(answers), 0) as answer_click_rate,
  sum(converted_answers)::float8 / nullif(sum(answers), 0) as conversion_rate,
  sum(places)::float8 / nullif(sum(clicks), 0) as mean_position,
  sum(reciprocal_ranks) / nullif(sum(answers), 0) as mean_reciprocal_rank,
  sum(rating_sum) / nullif(sum(ratings), 0) as mean_rating,
  sum(likes)::float8 / nullif(sum(likes) + sum(dislikes), 0) as like_share,
  sum(information) / nullif(sum(shown), 0) as novelty`;
/** Of a number of different movies that were shown. */
const COVERAGE = 'coalesce(movies, 0)::float8 / nullif((select count(*) from movies), 0) as coverage';

/** What became of the answers that a version gave in the hours that begin in [from, to), on all its routes; zeros and nulls where it gave none. */
export async function outcomesOfVersion(
  db: Database,
  { kind, version, from, to }: { kind: string; version: string; from: Date; to: Date },
): Promise<Outcome> {
  const { rows } = await db.query<Outcome>(OF_VERSION, [kind, version, from, to]);
  return rows[0]!;
}

const OF_VERSION = `
  with chosen as (select * from outcome_sums where model = $1 and version = $2 and hour >= $3 and hour < $4),
  seen as (select count(distinct movie_id) as movies from chosen, unnest(movie_ids) as movie_id)
  select sums.*, movies, ${COVERAGE} from (select ${SUMS} from chosen) sums, seen`;

/** What a row of each group is told by. */
const KEYS: Readonly<Record<OutcomeGroup, string>> = {
  version: 'model, version',
  route: 'route',
  variant: 'route, variant',
  day: 'day',
};

const DAY_MS = 86_400_000;
const DAYS_WHEN_MISSING = 7;

export async function listOutcomes(db: Database, query: OutcomesQuery): Promise<Outcomes> {
  const { route, variant, model, by, limit } = query;
  const to = new Date(query.to ?? Date.now());
  const from = new Date(query.from ?? to.getTime() - DAYS_WHEN_MISSING * DAY_MS);
  const [groups, events, state] = await Promise.all([
    db.query<Outcomes['rows'][number]>(groupedBy(by), [from, to, route, variant, model, limit]),
    db.query<Outcomes['events']>(EVENTS, [from, to]),
    db.query<{ counted_to: Date | null; catalogue_movies: number }>(STATE),
  ]);
  const { counted_to, catalogue_movies } = state.rows[0]!;
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    counted_to: counted_to?.toISOString() ?? null,
    attribution_days: ATTRIBUTION_DAYS,
    catalogue_movies,
    events: events.rows[0]!,
    rows: groups.rows,
  };
}

const groupedBy = (by: OutcomeGroup) =>
  grouped(
    KEYS[by],
    'hour >= $1 and hour < $2 and ($3::text is null or route = $3) and ($4::text is null or variant = $4) and ($5::text is null or model = $5)',
    `${by === 'day' ? 'day desc' : `answers desc, ${KEYS[by]}`} limit $6`,
  );

const grouped = (keys: string, where: string, order: string) => `
  with chosen as (select *, to_char(hour at time zone 'UTC', 'YYYY-MM-DD') as day from outcome_sums where ${where}),
  sums as (select ${keys}, ${SUMS} from chosen group by ${keys}),
  seen as (select ${keys}, count(distinct movie_id) as movies from chosen, unnest(movie_ids) as movie_id group by ${keys})
  select sums.*, coalesce(movies, 0) as movies, ${COVERAGE} from sums left join seen using (${keys}) order by ${order}`;

const EVENTS = `
  select coalesce(sum(events), 0) as arrived, coalesce(sum(by_id), 0) as by_id, coalesce(sum(by_time), 0) as by_time,
    coalesce(sum(late), 0) as late, coalesce(sum(unmatched), 0) as unmatched
  from outcome_events where since >= $1 and since < $2`;

const STATE = 'select counted_to, (select count(*) from movies) as catalogue_movies from outcome_state';

/** A version on a variant of a route. */
export type ServedOutcome = Outcome & {
  readonly model: string;
  readonly version: string;
  readonly route: string;
  readonly variant: string;
};

/** Of each version on each variant what became of its answers since then; those of most answers. */
export async function listServedOutcomes(db: Database, { since, most }: { since: Date; most: number }): Promise<ServedOutcome[]> {
  const { rows } = await db.query<ServedOutcome>(OF_EACH, [since, most]);
  return rows;
}

const EACH = 'model, version, route, variant';
const OF_EACH = grouped(EACH, 'hour >= $1', `answers desc, ${EACH} limit $2`);

/** Removes sums of hours before. @returns as `removeBefore` */
export const removeOutcomesBefore = async (db: Database, before: Date): Promise<number> =>
  (await removeBefore(db, { table: 'outcome_sums', column: 'hour' }, before)) +
  (await removeBefore(db, { table: 'outcome_events', column: 'since' }, before));
