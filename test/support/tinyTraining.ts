import type { ModelKind, ModelSpec } from '../../contracts/models.ts';
import { modelSpecSchema } from '../../contracts/models.ts';
import type { ModelRef } from '../../contracts/training.ts';
import { createInteractionBuilder, createVocabulary } from '../../domain/recommender/data/interactions.ts';
import { saveModel } from '../../domain/recommender/training/modelFiles.ts';
import { NO_CHECKPOINTS } from '../../domain/recommender/model/model.ts';
import { modelKind } from '../../domain/recommender/models/index.ts';
import { createSnapshot, trainingDataOf } from '../../domain/recommender/data/snapshot.ts';
import { registerTrainedModel } from '../../domain/registry/register.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { Tensorflow } from '../../platform/tensorflow.ts';

const TINY_USERS = Array.from({ length: 12 }, (_, at) => `u${at + 1}`);
export const TINY_MOVIES = Array.from({ length: 20 }, (_, at) => String(at + 1));

/** Real models of each kind, trained in moments on 12 users and these movies, of which the first is the most popular and the last the least. */
export async function trainTinyModel(
  { blobs, tf }: { blobs: BlobStore; tf: Tensorflow },
  kind: ModelKind,
  movieIds = TINY_MOVIES,
): Promise<{ spec: ModelSpec; model: ModelRef }> {
  const spec = modelSpecSchema.parse(kind === 'neural_cf' || kind === 'movie_predictor' ? { kind, epochs: 1, batch_size: 64 } : { kind });
  const { model } = await modelKind(kind).fit(spec, tinyData(movieIds), {
    tf,
    signal: new AbortController().signal,
    checkpoints: NO_CHECKPOINTS,
    onProgress: () => undefined,
  });
  const saved = await saveModel(blobs, model);
  model.dispose();
  return { spec, model: { ...saved, train_ms: 1, backend: 'cpu', history_uri: `${saved.uri}/history`, resumed_from_epoch: null } };
}

function tinyData(movieIds: readonly string[]) {
  const movies = createVocabulary(movieIds);
  const builder = createInteractionBuilder(movies);
  TINY_USERS.forEach((userId, user) =>
    movieIds
      .slice(0, Math.max(2, movieIds.length - user))
      .forEach((movieId, movie) => builder.add(userId, movieId, 1 + ((user + movie) % 5), Date.UTC(2026, 0, 1 + movie))),
  );
  const titles = movieIds.map((id) => `Movie ${id}`);
  const table = { vocabulary: movies, titles, genres: titles.map(() => ['Drama']), releaseYears: titles.map(() => 1999) };
  return trainingDataOf(createSnapshot(builder.build(), table, 1));
}

/** Registers a model as a new version that becomes champion. @returns the version */
export async function promoteModel(pool: Pool, { spec, model }: { spec: ModelSpec; model: ModelRef }, origin: string): Promise<string> {
  const { version } = await registerTrainedModel(
    { pool },
    {
      origin,
      experiment: 'test',
      spec,
      model,
      report: {
        ...{ kind: model.kind, name: model.name, uri: 'blob:none', html_uri: 'blob:none', metrics: {}, baseline: {} },
        evidence: { gain_over_popularity: null, champion: null, latency_ms: 1 },
      },
      history: [],
      tags: {},
      judge: () => ({ passed: true, rules: [] }),
    },
  );
  return version;
}
