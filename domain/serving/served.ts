import { RECOMMENDATION_SERVED, type RecommendationServedEvent, type ServedAnswer } from '../../contracts/served.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { removeBefore } from '../../platform/removeBefore.ts';
import { enqueueAll } from '../events/outbox.ts';

const COLUMNS = [
  ...[
    'recommendation_id',
    'variant',
    'is_shadow',
    'served_at',
    'user_id',
    'route',
    'revision',
    'assignment',
    'propensity',
    'model',
    'version',
  ],
  ...[
    'k',
    'movie_ids',
    'scores',
    'exclude_seen',
    'seen_from',
    'history',
    'history_length',
    'disliked',
    'ordering',
    'duration_ms',
    'faults',
  ],
].join(', ');

/** Keeps answers, and puts those that were shown on their way to `movie-recommendations`, each once. */
export async function storeServed(pool: Pool, answers: readonly ServedAnswer[]): Promise<void> {
  await withTransaction(pool, async (db) => {
    const { rows } = await db.query<{ recommendation_id: string }>(
      `insert into served_answers (${COLUMNS}) select ${COLUMNS} from json_populate_recordset(null::served_answers, $1)
       on conflict do nothing returning recommendation_id`,
      [JSON.stringify(answers)],
    );
    const added = new Set(rows.map(({ recommendation_id }) => recommendation_id));
    const shown = answers.filter(({ recommendation_id, is_shadow }) => !is_shadow && added.has(recommendation_id));
    await enqueueAll(
      db,
      shown.map((answer) => ({
        id: answer.recommendation_id,
        topic: 'movie-recommendations',
        key: answer.user_id ?? answer.recommendation_id,
        type: RECOMMENDATION_SERVED,
        payload: toEvent(answer),
      })),
    );
  });
}

const toEvent = (answer: ServedAnswer): RecommendationServedEvent => ({
  event_id: answer.recommendation_id,
  timestamp: answer.served_at,
  user_id: answer.user_id,
  route: answer.route,
  variant: answer.variant,
  propensity: answer.propensity,
  model_name: answer.model,
  model_version: answer.version,
  movies: toMovies(answer),
});

/** Best first. */
export const toMovies = ({ movie_ids, scores }: Pick<ServedAnswer, 'movie_ids' | 'scores'>) =>
  movie_ids.map((id, at) => ({ movie_id: String(id), score: scores[at]! }));

/** One answer, what was shown first and then its shadows; empty where it is not there, or not any more. */
export async function findServed(db: Database, recommendationId: string): Promise<ServedAnswer[]> {
  const { rows } = await db.query<Omit<ServedAnswer, 'served_at'> & { served_at: Date }>(
    `select ${COLUMNS} from served_answers where recommendation_id = $1 order by is_shadow, variant`,
    [recommendationId],
  );
  return rows.map((row) => ({ ...row, served_at: row.served_at.toISOString() }));
}

/** Removes answers that were served before. @returns as `removeBefore` */
export const removeServedBefore = (db: Database, before: Date): Promise<number> =>
  removeBefore(db, { table: 'served_answers', column: 'served_at' }, before);
