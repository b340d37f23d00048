import { parquetRead, type DecodedArray, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { z } from 'zod';
import { PermanentFailure } from '../../contracts/failures.ts';
import { datasetRefSchema, splitKindSchema, type DatasetRef } from '../../contracts/training.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs.ts';
import { NO_FEATURES, type FeatureTable } from './featureTable.ts';
import { createVocabulary } from './interactions.ts';
import { hashSnapshot, type MovieTable, type Snapshot } from './snapshot.ts';
import { PARTS, type Part } from './split.ts';

const FORMAT = 1;
const manifestSchema = datasetRefSchema.omit({ uri: true }).extend({
  format: z.literal(FORMAT),
  seed: z.number().int(),
  split: splitKindSchema.default('leave_one_out'),
  features: z.array(z.string()).default([]),
});
/** Rows that are turned into objects at a time. */
const GROUP_ROWS = 100_000;

const INTERACTION_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 6 },
  { name: 'user_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'movie_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'rating', type: 'FLOAT', repetition_type: 'OPTIONAL' },
  { name: 'rated_at', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
  { name: 'ranking_split', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'rating_split', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
];
const MOVIE_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 4 },
  { name: 'movie_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'title', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'genres', converted_type: 'LIST', num_children: 1, repetition_type: 'REQUIRED' },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'release_year', type: 'INT32', repetition_type: 'OPTIONAL' },
];

/** A row for each row of interactions.parquet, in its order. */
const featureSchema = (names: readonly string[]): SchemaElement[] => [
  { name: 'root', num_children: names.length },
  ...names.map((name): SchemaElement => ({ name, type: 'FLOAT', repetition_type: 'OPTIONAL' })),
];

/** Blob folder of a snapshot and of what is worked out from it alone. */
export const snapshotFolder = (snapshotId: string): string => `snapshots/${snapshotId}`;

/** Writes the snapshot under its content's hash; one that is there already is not written again. */
export async function writeSnapshot(blobs: BlobStore, snapshot: Snapshot): Promise<DatasetRef> {
  const { interactions, movies, seed, split, features } = snapshot;
  const manifest = {
    format: FORMAT,
    snapshot_id: hashSnapshot(snapshot),
    seed,
    split,
    interactions: interactions.length,
    users: interactions.users.size,
    movies: movies.vocabulary.size,
    features: features.names,
  };
  const folder = snapshotFolder(manifest.snapshot_id);
  const uri = blobs.uriOf(folder);
  // The manifest is written last: where it stands, the rest is whole.
  if (!(await blobs.exists(`${uri}/manifest.json`))) {
    await blobs.put(`${folder}/interactions.parquet`, writeInteractions(snapshot));
    await blobs.put(`${folder}/movies.parquet`, writeMovies(movies));
    if (features.names.length > 0) await blobs.put(`${folder}/features.parquet`, writeFeatures(features, interactions.length));
    await blobs.put(`${folder}/manifest.json`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  }
  return datasetRefSchema.parse({ ...manifest, uri });
}

/** @throws PermanentFailure `SnapshotMissing` where a file of it is gone, or is not what was written */
export async function readSnapshot(blobs: BlobStore, { uri, snapshot_id }: Pick<DatasetRef, 'uri' | 'snapshot_id'>): Promise<Snapshot> {
  const read = async (name: string) => {
    try {
      return await blobs.get(`${uri}/${name}`);
    } catch (error) {
      if (error instanceof BlobMissing) throw new PermanentFailure('SnapshotMissing', error.message, { cause: error });
      throw error;
    }
  };
  const { seed, split, interactions, features: names } = manifestSchema.parse(JSON.parse((await read('manifest.json')).toString()));
  const movies = await readMovies(await read('movies.parquet'));
  const features = names.length > 0 ? await readFeatures(await read('features.parquet'), names, interactions) : NO_FEATURES;
  const rows = await readInteractions(await read('interactions.parquet'), movies, interactions);
  const snapshot = { seed, split, movies, features, ...rows };
  if (hashSnapshot(snapshot) === snapshot_id) return snapshot;
  throw new PermanentFailure('SnapshotMissing', `what lies at ${uri} is not the snapshot ${snapshot_id}`);
}

function writeInteractions({ interactions, movies, rankingSplit, ratingSplit }: Snapshot): Uint8Array {
  const { users, userIndex, movieIndex, rating, ratedAt } = interactions;
  return writeParquet(INTERACTION_SCHEMA, interactions.length, (from, to) => ({
    user_id: Array.from(userIndex.subarray(from, to), (user) => users.ids[user]),
    movie_id: Array.from(movieIndex.subarray(from, to), (movie) => movies.vocabulary.ids[movie]),
    rating: Array.from(rating.subarray(from, to), (value) => (Number.isNaN(value) ? null : value)),
    rated_at: Array.from(ratedAt.subarray(from, to), (at) => new Date(at)),
    ranking_split: Array.from(rankingSplit.subarray(from, to), (part) => PARTS[part]),
    rating_split: Array.from(ratingSplit.subarray(from, to), (part) => PARTS[part]),
  }));
}

const writeMovies = ({ vocabulary, titles, genres, releaseYears }: MovieTable): Uint8Array =>
  writeParquet(MOVIE_SCHEMA, vocabulary.size, (from, to) => ({
    movie_id: vocabulary.ids.slice(from, to),
    title: titles.slice(from, to),
    genres: genres.slice(from, to),
    release_year: releaseYears.slice(from, to),
  }));

const writeFeatures = ({ names, columns }: FeatureTable, length: number): Uint8Array =>
  writeParquet(featureSchema(names), length, (from, to) =>
    Object.fromEntries(
      names.map((name, at) => [name, Array.from(columns[at]!.subarray(from, to), (value) => (Number.isNaN(value) ? null : value))]),
    ),
  );

function writeParquet(schema: SchemaElement[], rows: number, group: (from: number, to: number) => Record<string, unknown>): Uint8Array {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema });
  for (let from = 0; from < rows; from += GROUP_ROWS) {
    const columns = Object.entries(group(from, Math.min(rows, from + GROUP_ROWS)));
    void parquet.write({ columnData: columns.map(([name, data]) => ({ name, data: data as DecodedArray })), rowGroupSize: GROUP_ROWS });
  }
  void parquet.finish();
  return writer.getBytes();
}

async function readMovies(file: Buffer): Promise<MovieTable> {
  const ids: string[] = [];
  const titles: string[] = [];
  const genres: string[][] = [];
  const releaseYears: (number | null)[] = [];
  await readColumn<string>(file, 'movie_id', (id) => ids.push(id));
  await readColumn<string>(file, 'title', (title) => titles.push(title));
  await readColumn<string[] | undefined>(file, 'genres', (of) => genres.push(of ?? []));
  await readColumn<number | undefined>(file, 'release_year', (year) => releaseYears.push(year ?? null));
  return { vocabulary: createVocabulary(ids), titles, genres, releaseYears };
}

/** The file's rows are in canonical order, so users are numbered as they come. */
async function readInteractions(
  file: Buffer,
  { vocabulary }: MovieTable,
  length: number,
): Promise<Omit<Snapshot, 'movies' | 'features' | 'seed' | 'split'>> {
  const userIds: string[] = [];
  const columns = { userIndex: new Int32Array(length), movieIndex: new Int32Array(length) };
  const rating = new Float32Array(length);
  const ratedAt = new Float64Array(length);
  const [rankingSplit, ratingSplit] = [new Uint8Array(length), new Uint8Array(length)];
  await readColumn<string>(file, 'user_id', (id, row) => {
    if (id !== userIds.at(-1)) userIds.push(id);
    columns.userIndex[row] = userIds.length - 1;
  });
  await readColumn<string>(file, 'movie_id', (id, row) => (columns.movieIndex[row] = vocabulary.indexOf(id)!));
  await readColumn<number | null>(file, 'rating', (value, row) => (rating[row] = value ?? Number.NaN));
  await readColumn<Date>(file, 'rated_at', (at, row) => (ratedAt[row] = at.getTime()));
  await readColumn<Part>(file, 'ranking_split', (part, row) => (rankingSplit[row] = PARTS.indexOf(part)));
  await readColumn<Part>(file, 'rating_split', (part, row) => (ratingSplit[row] = PARTS.indexOf(part)));
  const interactions = { users: createVocabulary(userIds), movies: vocabulary, length, ...columns, rating, ratedAt };
  return { interactions, rankingSplit, ratingSplit };
}

async function readFeatures(file: Buffer, names: readonly string[], length: number): Promise<FeatureTable> {
  const columns = names.map(() => new Float32Array(length));
  for (const [at, name] of names.entries()) {
    await readColumn<number | null>(file, name, (value, row) => (columns[at]![row] = value ?? Number.NaN));
  }
  return { names, columns };
}

/** One column at a time, one row group at a time: no row becomes an object. */
async function readColumn<Value>(file: Buffer, name: string, take: (value: Value, row: number) => void): Promise<void> {
  const slice = (start: number, end = file.byteLength) => new Uint8Array(file.subarray(start, end)).buffer;
  await parquetRead({
    file: { byteLength: file.byteLength, slice },
    columns: [name],
    onChunk({ columnData, rowStart }) {
      for (let index = 0; index < columnData.length; index += 1) take(columnData[index] as Value, rowStart + index);
    },
  });
}
