import type { Database } from '../../platform/postgres.ts';
import { sumOutcomes, type VariantSums } from '../abTests/outcomes.ts';
import { NOBODY } from '../abTests/report.ts';
import type { RatioSums } from '../abTests/estimates.ts';

/** How the answers of a variant went: sums over whoever was answered. */
export interface HealthSums {
  readonly answers: number;
  /** Of them, those that a model was to give and could not. */
  readonly faults: number;
  /** Milliseconds by answers. */
  readonly durations: RatioSums;
}

export interface Arms<Sums> {
  readonly champion: Sums;
  readonly canary: Sums;
}

/** What a stage has come to: one split of the users. */
export interface StageSums {
  readonly share: number;
  readonly outcomes: Arms<Omit<VariantSums, 'revision' | 'variant' | 'since' | 'mean_rating' | 'mean_position'>>;
  readonly health: Arms<HealthSums>;
}

/** A stage by the revision of the route that made it. */
interface Stage {
  readonly share: number;
  readonly revision: number;
}

const UNHEARD: HealthSums = {
  answers: 0,
  faults: 0,
  durations: { users: 0, numerators: 0, denominators: 0, numeratorSquares: 0, denominatorSquares: 0, products: 0 },
};

/** The sums of stages, by which variant answered. */
export async function sumStages(db: Database, route: string, stages: readonly Stage[], names: Arms<string>): Promise<StageSums[]> {
  const revisions = stages.map(({ revision }) => revision);
  const outcomes = await sumOutcomes(db, route, revisions);
  const health = await sumHealth(db, route, revisions);
  return stages.map(({ share, revision }) => {
    const armsOf = <Row extends { revision: number; variant: string }, Nothing>(
      rows: readonly Row[],
      nothing: Nothing,
    ): Arms<Row | Nothing> => {
      const of = (variant: string) => rows.find((row) => row.revision === revision && row.variant === variant) ?? nothing;
      return { champion: of(names.champion), canary: of(names.canary) };
    };
    return { share, outcomes: armsOf(outcomes, NOBODY), health: armsOf(health, UNHEARD) };
  });
}

/** Nobody in particular counts as one who asked once. What an operator asked for by the variant's name is left out. */
const HEALTH = `
  with units as (
    select revision, variant, count(*)::float8 as answers, count(*) filter (where faults is not null)::float8 as faults,
      count(duration_ms)::float8 as timed, coalesce(sum(duration_ms::float8), 0) as ms
    from served_answers where route = $1 and revision = any ($2::int[]) and not is_shadow and assignment <> 'operator'
    group by revision, variant, coalesce(user_id, recommendation_id::text)
  )
  select revision, variant, sum(answers) as answers, sum(faults) as faults, json_build_object('users', count(*), 'numerators', sum(ms),
    'denominators', sum(timed), 'numeratorSquares', sum(ms * ms), 'denominatorSquares', sum(timed * timed), 'products', sum(ms * timed)) as durations
  from units group by revision, variant`;

async function sumHealth(db: Database, route: string, revisions: readonly number[]) {
  const { rows } = await db.query<HealthSums & { revision: number; variant: string }>(HEALTH, [route, revisions]);
  return rows;
}
