import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { modelSpecSchema, type ModelKind } from '../contracts/models.ts';
import { routeSpecSchema } from '../contracts/routes.ts';
import type { MemberSpec } from '../contracts/specs/ensemble.ts';
import type { ModelRef } from '../contracts/training.ts';
import type { Snapshot } from '../domain/recommender/data/snapshot.ts';
import { writeSnapshot } from '../domain/recommender/data/snapshotFiles.ts';
import { packModel, unpackModel } from '../domain/recommender/model/modelParts.ts';
import type { Tensors } from '../domain/recommender/numeric/safetensors.ts';
import { readModelFolder, writeModelFolder } from '../domain/recommender/training/modelFolder.ts';
import { setRoutes } from '../domain/serving/routeTable.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import { createLogger } from '../platform/log.ts';
import { runMigrations } from '../platform/migrate.ts';
import { createPool, POOL_WAITS, type Pool } from '../platform/postgres.ts';
import { promoteModel } from '../test/support/tinyTraining.ts';
import { createDatabase, type MeasuredServer } from './servers.ts';
import type { Asked } from './servingLoad.ts';
import { trainInChild } from './trainInChild.ts';

/** A database with a catalogue and what users chose of it, and the models that learnt from it, each champion of its kind on a route of its name. */
export interface ServingData {
  readonly name: string;
  readonly movies: number;
  /** Ids, and movies that each has seen in the mean. */
  readonly users: readonly string[];
  readonly seenPerUser: number;
  readonly databaseUrl: string;
  readonly pool: Pool;
  /** Holds the models' files. */
  readonly folder: string;
  /** Where the files of each kind lie. */
  readonly modelFolders: ReadonlyMap<ModelKind, string>;
  /** Registers the model of a kind once more and makes that champion. @returns the version */
  registerAgain(kind: ModelKind): Promise<string>;
}

const ROWS_OF_INSERT = 50_000;
/** What is learnt does not change how long an answer takes, so it is learnt in a moment. */
const SHORT = { neural_cf: { epochs: 1, patience: 0 }, sasrec: { epochs: 1, patience: 0 } } as const;

/** @param kinds that are trained; an `ensemble` is put together from those before it, of which it needs two */
export async function prepareData(
  place: { readonly postgresUrl: string; readonly folder: string },
  { name, snapshot, kinds }: { name: string; snapshot: Snapshot; kinds: readonly ModelKind[] },
): Promise<ServingData> {
  const folder = path.join(place.folder, name);
  await mkdir(folder, { recursive: true });
  const blobs = createBlobStore(`file:${folder}`);
  const databaseUrl = await createDatabase(place.postgresUrl, name);
  await runMigrations(databaseUrl);
  const pool = createPool({ url: databaseUrl, poolSize: 2, log: createLogger('bench', 'silent'), waits: POOL_WAITS.step });
  await insertCatalogue(pool, snapshot);
  const dataset = await writeSnapshot(blobs, snapshot);
  const trained: { spec: ReturnType<typeof modelSpecSchema.parse>; model: ModelRef }[] = [];
  for (const kind of ['popularity' as const, ...kinds]) {
    console.error(`${name}: ${kind} learns …`);
    const spec = modelSpecSchema.parse({ kind, ...(kind in SHORT && SHORT[kind as keyof typeof SHORT]) });
    const model =
      kind === 'ensemble'
        ? await joinModels(
            blobs,
            trained.map((one) => one.model).filter((one) => one.kind !== 'popularity'),
          )
        : (await trainInChild(folder, dataset, spec)).model!;
    trained.push({ spec, model });
  }
  let registered = 0;
  const register = (one: (typeof trained)[number]) => promoteModel(pool, one, `bench/${(registered += 1)}/${one.model.kind}`);
  for (const one of trained) await register(one);
  const routes = kinds.map(
    (kind) => [kind, routeSpecSchema.parse({ variants: [{ name: 'main', models: [`${kind}@champion`] }] })] as const,
  );
  await setRoutes(pool, Object.fromEntries(routes), { author: { name: 'bench', reason: 'a route for each kind' } });
  const { interactions, movies } = snapshot;
  return {
    ...{ name, databaseUrl, pool, folder },
    movies: movies.vocabulary.size,
    users: interactions.users.ids,
    seenPerUser: Math.round(interactions.length / interactions.users.size),
    modelFolders: new Map(trained.map(({ model }) => [model.kind, path.join(folder, model.uri.slice('blob:'.length))])),
    registerAgain: (kind) => register(trained.find(({ model }) => model.kind === kind)!),
  };
}

async function insertCatalogue(pool: Pool, { movies, interactions }: Snapshot): Promise<void> {
  const { vocabulary, titles, releaseYears } = movies;
  await pool.query(
    `insert into movies (movie_id, title, release_year, genres, source)
     select id, title, year, '{Drama}', 'bench' from unnest($1::integer[], $2::text[], $3::integer[]) as m (id, title, year)`,
    [vocabulary.ids, titles, releaseYears],
  );
  const { users, userIndex, movieIndex, rating, ratedAt, length } = interactions;
  for (let from = 0; from < length; from += ROWS_OF_INSERT) {
    const rows = Array.from({ length: Math.min(ROWS_OF_INSERT, length - from) }, (_, at) => from + at);
    const columns = [
      rows.map((row) => users.ids[userIndex[row]!]),
      rows.map((row) => vocabulary.ids[movieIndex[row]!]),
      rows.map((row) => rating[row]),
      rows.map((row) => Number(ratedAt[row]) / 1_000),
      rows,
    ];
    await pool.query(
      `insert into ratings (user_id, movie_id, rating, rated_at, source, line)
       select u, m, r, to_timestamp(t), 'bench', l from unnest($1::text[], $2::integer[], $3::real[], $4::float8[], $5::integer[]) as x (u, m, r, t, l)`,
      columns,
    );
  }
  await pool.query('vacuum analyze ratings, interactions, movies');
}

/** An ensemble of models that have learnt, each of the same weight: the weights are all that an ensemble learns itself. */
async function joinModels(blobs: BlobStore, members: readonly ModelRef[]): Promise<ModelRef> {
  const parts = [];
  for (const { kind, uri } of members) parts.push(unpackModel(await readModelFolder(blobs, uri), kind));
  const weights: Record<string, Tensors[string]> = {
    blend: { shape: [parts.length], values: new Float32Array(parts.length).fill(1 / parts.length) },
  };
  for (const [nth, part] of parts.entries()) for (const [name, tensor] of Object.entries(part.weights)) weights[`${nth}.${name}`] = tensor;
  const spec = modelSpecSchema.parse({ kind: 'ensemble', members: parts.map((part) => part.spec as MemberSpec) });
  const { users, movies } = parts[0]!;
  const files = packModel({ spec, users, movies, weights, losses: [] });
  const written = await writeModelFolder(blobs, 'ensemble', files);
  return { ...members[0]!, kind: 'ensemble', name: 'ensemble', ...written };
}

/** Movies of a recommendation, the default. */
export const K = 10;

/** Recommendations to each user. @param more of each body, such as the route */
export const askedOf = (server: MeasuredServer, { users }: Pick<ServingData, 'users'>, more: object = {}): Asked => ({
  server,
  path: '/recommend',
  bodies: users.map((user_id) => JSON.stringify({ user_id, k: K, ...more })),
});
