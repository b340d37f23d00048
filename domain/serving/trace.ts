import type { RecommendationTrace, ServedAnswer } from '../../contracts/served.ts';
import { TRENDING } from '../../contracts/trends.ts';
import type { Database } from '../../platform/postgres.ts';
import { titlesOf } from '../catalogue/movies.ts';
import { readLineage } from '../registry/lineage.ts';
import { findServed, toMovies } from './served.ts';

const DAY_MS = 86_400_000;

/** What is known of one answer; null where there is none, or not any more. @param keptDays how long answers are kept */
export async function traceAnswer(db: Database, recommendationId: string, keptDays: number): Promise<RecommendationTrace | null> {
  const [shown, ...shadows] = await findServed(db, recommendationId);
  if (!shown) return null;
  const movies = toMovies(shown);
  const [made, { titles }] = await Promise.all([
    readMaker(db, shown),
    titlesOf(
      db,
      movies.map(({ movie_id }) => movie_id),
    ),
  ]);
  const { recommendation_id, served_at, user_id, route, revision, variant, assignment, propensity, seen_from } = shown;
  return {
    ...{ recommendation_id, served_at, user_id, route, revision, variant, assignment, propensity },
    kept_until: new Date(Date.parse(served_at) + keptDays * DAY_MS).toISOString(),
    model: modelOf(shown),
    made_by: made,
    recommendations: movies.map((movie) => ({ ...movie, title: titles.get(movie.movie_id)?.title ?? null })),
    excluded: { seen: shown.exclude_seen ? shown.history_length + shown.disliked.length : 0, seen_from },
    ordering: shown.ordering,
    history: { movies: shown.history.map(String), length: shown.history_length, disliked: shown.disliked.map(String) },
    duration_ms: shown.duration_ms ?? null,
    faults: shown.faults ?? [],
    shadows: shadows.map((shadow) => ({ variant: shadow.variant, model: modelOf(shadow), recommendations: toMovies(shadow) })),
  };
}

async function readMaker(db: Database, { model, version }: ServedAnswer): Promise<RecommendationTrace['made_by']> {
  if (model === TRENDING) return null;
  const lineage = await readLineage(db, model, version);
  if (!lineage) return null;
  const { registry_run_id, origin, gate } = lineage.version;
  return { registry_run_id, origin, gate, snapshot_id: lineage.data.snapshot_id, data_sets: [...lineage.data.sets] };
}

const modelOf = ({ model, version }: ServedAnswer) => ({ name: model, version });
