import type { Match, ServingRule } from '../../contracts/ordering.ts';
import { RULES_AT_MOST } from '../../contracts/sizes.ts';
import type { Database } from '../../platform/postgres.ts';
import type { CatalogueFacts, MovieFacts } from './catalogueFacts.ts';
import { listRules } from './ruleTable.ts';

/** What the rules come to, movie by movie. */
export interface RulesInForce {
  /** Not recommended. */
  readonly hidden: ReadonlySet<string>;
  /** Not in any answer. */
  readonly blocked: ReadonlySet<string>;
  /** By movie; what strength 1 adds is told by the rules' contract. */
  readonly boosts: ReadonlyMap<string, number>;
  /** Where they stand, from 1; by position, and those of one position in the order of their rules. */
  readonly pins: readonly { readonly movieId: string; readonly position: number }[];
}

export const NO_RULES: RulesInForce = { hidden: new Set(), blocked: new Set(), boosts: new Map(), pins: [] };

/** What is in no answer: it has left the catalogue, or an operator blocks it. */
export const withBlocked = (gone: Pick<ReadonlySet<string>, 'has'>, { blocked }: RulesInForce) => ({
  has: (movieId: string): boolean => gone.has(movieId) || blocked.has(movieId),
});

export interface ServingRules {
  /** As they are at this moment. */
  now(): RulesInForce;
  refresh(): Promise<void>;
}

/** @param ratingOf mean rating of a movie; undefined where nobody knows it */
export function createServingRules(
  db: Database,
  { facts, ratingOf }: { facts: Pick<CatalogueFacts, 'all' | 'revision'>; ratingOf: (movieId: string) => number | undefined },
): ServingRules {
  let rules: readonly ServingRule[] = [];
  let known = '';
  let made: { of: readonly ServingRule[]; revision: number; until: number; result: RulesInForce } | undefined;

  /** Made again when rules or movies have changed, or one has ended. */
  function now(): RulesInForce {
    const at = Date.now();
    if (made && made.of === rules && made.revision === facts.revision() && at < made.until) return made.result;
    const live = rules.filter(({ until }) => until === null || Date.parse(until) > at);
    const ends = live.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
    // Ratings are those of a champion, which may change without anybody saying so here.
    const until = Math.min(...ends, live.some(({ match }) => 'rating' in match) ? at + LOOK_AGAIN_MS : Infinity);
    made = { of: rules, revision: facts.revision(), until, result: apply(live, facts, ratingOf) };
    return made.result;
  }

  return {
    now,
    async refresh() {
      const live = await listRules(db, { limit: RULES_AT_MOST, all: false });
      const state = live.map(({ rule_id }) => rule_id).join();
      if (state === known) return;
      rules = live.toReversed();
      known = state;
    },
  };
}
const LOOK_AGAIN_MS = 60_000;

function apply(
  rules: readonly ServingRule[],
  facts: Pick<CatalogueFacts, 'all'>,
  ratingOf: (movieId: string) => number | undefined,
): RulesInForce {
  const [hidden, blocked] = [new Set<string>(), new Set<string>()];
  const boosts = new Map<string, number>();
  const pins: { movieId: string; position: number }[] = [];
  for (const { action, match, position, strength } of rules) {
    if (action === 'pin') {
      (match as { movie_ids: string[] }).movie_ids.forEach((movieId, at) => pins.push({ movieId, position: position! + at }));
      continue;
    }
    for (const movieId of matching(match, facts, ratingOf)) {
      if (action === 'hide') hidden.add(movieId);
      else if (action === 'block') blocked.add(movieId);
      else boosts.set(movieId, (boosts.get(movieId) ?? 0) + strength!);
    }
  }
  return { hidden, blocked, boosts, pins: pins.sort((a, b) => a.position - b.position) };
}

function* matching(
  { movie_ids, rating, ...rest }: Match,
  facts: Pick<CatalogueFacts, 'all'>,
  ratingOf: (movieId: string) => number | undefined,
) {
  const named = movie_ids && new Set(movie_ids);
  for (const [movieId, movie] of facts.all()) {
    if (named && !named.has(movieId)) continue;
    if (!isOf(movie, rest)) continue;
    if (rating && !isWithin(ratingOf(movieId), rating)) continue;
    yield movieId;
  }
}

/** Whether a movie is of these genres and years. */
export const isOf = ({ genres, year }: MovieFacts, wanted: Pick<Match, 'genres' | 'years'>): boolean =>
  (!wanted.genres || wanted.genres.some((genre) => genres.includes(genre))) && (!wanted.years || isWithin(year ?? undefined, wanted.years));

const isWithin = (value: number | undefined, { from = -Infinity, to = Infinity }: { from?: number | undefined; to?: number | undefined }) =>
  value !== undefined && value >= from && value <= to;
