import type { BatchModel, BatchShard, UserRange } from '../../../contracts/batch.ts';
import { readGoneMovies } from '../../catalogue/goneMovies.ts';
import { createOwnSets, offeredTo, readCatalogues } from '../../catalogue/ownCatalogues.ts';
import { writeBatchPart, type BatchRow } from '../batch/batchTable.ts';
import { readUsers } from '../batch/batchUsers.ts';
import type { TrainedModel } from '../model/model.ts';
import { loadModel } from '../training/modelFiles.ts';
import { createPause } from '../numeric/pause.ts';
import type { TaskContext } from './context.ts';

interface ShardInput {
  /** Asked first; the second, where there is one, answers users for whom the first cannot. */
  readonly models: readonly BatchModel[];
  readonly range: UserRange;
  readonly k: number;
  readonly exclude_seen: boolean;
  /** Blob key of the part; what a try before left there is written over with the same. */
  readonly part: string;
}

/** The best k movies for each user of a range, as one part of the table. */
export async function rankShard(context: TaskContext, { models, range, k, exclude_seen, part }: ShardInput): Promise<BatchShard> {
  const { pool, blobs, signal, onProgress } = context;
  const { tf } = await context.tensorflow();
  const pause = createPause(signal);
  const loaded: TrainedModel[] = [];
  try {
    for (const { name, source } of models) loaded.push(await loadModel(blobs, { name, uri: source }, tf));
    const users = await readUsers(pool, range);
    const gone = new Set(await readGoneMovies(pool));
    const ownSets = createOwnSets(pool);
    await ownSets.refresh();
    const catalogues = await Promise.all(loaded.map(({ movies }) => readCatalogues(pool, movies.ids)));
    const rows: BatchRow[] = [];
    let popular = 0;
    let unanswered = 0;
    for (const [done, { user_id, movies, chosen }] of users.entries()) {
      const asker = { userId: user_id, history: chosen };
      const whose = { set: ownSets.ofUser(user_id), isShared: ownSets.hasShared() };
      const offered = catalogues.map((known) => offeredTo(known, whose, chosen));
      const at = loaded.findIndex((model, nth) => offered[nth] !== undefined && model.canAnswer(asker));
      if (at > 0) popular += 1;
      if (at === -1) unanswered += 1;
      const met = new Set(exclude_seen ? movies : []);
      const exclude = { has: (movieId: string) => !offered[at]?.(movieId) || met.has(movieId) || gone.has(movieId) };
      const found = loaded[at]?.recommend({ ...asker, k, exclude }) ?? [];
      rows.push(
        ...found.map(({ movieId, score }, rank) => ({ user_id, rank: rank + 1, movie_id: movieId, score, model: models[at]!.name })),
      );
      await pause();
      if (done % 100 === 0) onProgress({ users: done, of: users.length });
    }
    await blobs.put(part, await writeBatchPart(rows));
    return { part, users: users.length, rows: rows.length, popular_users: popular, unanswered_users: unanswered };
  } finally {
    for (const model of loaded) model.dispose();
  }
}
