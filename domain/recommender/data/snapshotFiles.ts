import { z } from 'zod';
import { Failure, permanent } from '../../../contracts/failures.ts';
import { datasetRefSchema, splitKindSchema, type DatasetRef } from '../../../contracts/training.ts';
import { BlobMissing, type BlobStore } from '../../../platform/blobs/store.ts';
import { openParquet, readParquetColumn, showText, writeParquet } from '../../../platform/parquet.ts';
import { NO_FEATURES, type FeatureTable } from './featureTable.ts';
import { createVocabulary } from './interactions.ts';
import { digestColumns, hashSnapshot, type MovieTable, type Snapshot } from './snapshot.ts';
import { featureRows, interactionRows, movieRows } from './snapshotRows.ts';
import { PARTS, type Part } from './split.ts';
import { sha256 } from '../../../platform/sha256.ts';

const FORMAT = 1;
const manifestSchema = datasetRefSchema.omit({ uri: true }).extend({
  format: z.literal(FORMAT),
  seed: z.number().int(),
  split: splitKindSchema,
  features: z.array(z.string()),
  /** sha256 by file, and by file and column. */
  files: z.record(z.string(), z.string()),
  columns: z.record(z.string(), z.string()),
});

/** Blob folder of a snapshot and of what is worked out from it alone. */
export const snapshotFolder = (snapshotId: string): string => `snapshots/${snapshotId}`;

/**
 * Writes the snapshot under its content's hash; one that is there already, and whole, is not written again.
 * @param sets the data sets that its ratings came with
 * @throws Failure `ValueNotKept` that names a row which the files do not give back as it was
 */
export async function writeSnapshot(blobs: BlobStore, snapshot: Snapshot, sets: readonly string[] = []): Promise<DatasetRef> {
  const { interactions, movies, seed, split, features } = snapshot;
  const described = {
    format: FORMAT,
    snapshot_id: hashSnapshot(snapshot),
    seed,
    split,
    interactions: interactions.length,
    users: interactions.users.size,
    movies: movies.vocabulary.size,
    features: features.names,
    sets: [...sets],
  };
  const folder = snapshotFolder(described.snapshot_id);
  const uri = blobs.uriOf(folder);
  await touchManifest(blobs, folder);
  if (!(await isWhole(blobs, uri))) {
    const files = await encodeFiles(snapshot);
    for (const [name, content] of Object.entries(files)) await blobs.put(`${folder}/${name}`, content);
    const sums = Object.fromEntries(Object.entries(files).map(([name, content]) => [name, sha256(content)]));
    const manifest = { ...described, files: sums, columns: digestColumns(snapshot) };
    // The manifest is written last: where it stands, the rest is whole.
    await blobs.put(`${folder}/manifest.json`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  }
  return datasetRefSchema.parse({ ...described, uri });
}

/** A snapshot that is taken up again is as one just written to whoever removes what nothing refers to. */
async function touchManifest(blobs: BlobStore, folder: string): Promise<void> {
  const manifest = await blobs.get(blobs.uriOf(`${folder}/manifest.json`)).catch((error: unknown) => {
    if (error instanceof BlobMissing) return undefined;
    throw error;
  });
  if (manifest) await blobs.put(`${folder}/manifest.json`, manifest);
}

/** Whether each file is what its manifest says. One that is not would fail every training until the data changes. */
async function isWhole(blobs: BlobStore, uri: string): Promise<boolean> {
  try {
    const { files } = manifestSchema.parse(JSON.parse((await blobs.get(`${uri}/manifest.json`)).toString()));
    for (const [name, sum] of Object.entries(files)) if (sha256(await blobs.get(`${uri}/${name}`)) !== sum) return false;
    return true;
  } catch {
    return false;
  }
}

async function encodeFiles(snapshot: Snapshot): Promise<Record<string, Uint8Array>> {
  const { interactions, movies, features } = snapshot;
  return {
    'interactions.parquet': await writeParquet('interactions.parquet', interactionRows(snapshot)),
    'movies.parquet': await writeParquet('movies.parquet', movieRows(movies)),
    ...(features.names.length > 0 && {
      'features.parquet': await writeParquet('features.parquet', featureRows(features, interactions.length)),
    }),
  };
}

/**
 * @throws Failure `SnapshotMissing` where a file of it is gone, or it is another than the reference says
 * @throws Failure `SnapshotCorrupt` where it is not what was written; it names the file, and the row or the column
 */
export async function readSnapshot(blobs: BlobStore, { uri, snapshot_id }: Pick<DatasetRef, 'uri' | 'snapshot_id'>): Promise<Snapshot> {
  const manifest = await openManifest(blobs, uri);
  if (manifest.snapshot_id !== snapshot_id) throw permanent('SnapshotMissing', `what lies at ${uri} is not the snapshot ${snapshot_id}`);
  const { seed, split, interactions, features: names } = manifest;
  const movies = await readMovies(await openFile(blobs, uri, 'movies.parquet', manifest.movies));
  const features = names.length > 0 ? await readFeatures(await openFile(blobs, uri, 'features.parquet', interactions), names) : NO_FEATURES;
  const rows = await readInteractions(await openFile(blobs, uri, 'interactions.parquet', interactions), movies);
  const snapshot = { seed, split, movies, features, ...rows };
  if (hashSnapshot(snapshot) === snapshot_id) return snapshot;
  const found = digestColumns(snapshot);
  const changed = Object.keys(manifest.columns).filter((column) => found[column] !== manifest.columns[column]);
  throw corrupt(
    uri,
    changed.length > 0 ? `not what was written in ${changed.join(' and ')}` : 'not what its name, a sha256 of the content, says',
  );
}

const corrupt = (uri: string, what: string, options?: ErrorOptions) =>
  permanent('SnapshotCorrupt', `the snapshot at ${uri} is ${what}. Start another training run: it writes the snapshot anew`, options);

async function readBlob(blobs: BlobStore, uri: string): Promise<Buffer> {
  try {
    return await blobs.get(uri);
  } catch (error) {
    if (error instanceof BlobMissing) throw permanent('SnapshotMissing', error.message, { cause: error });
    throw error;
  }
}

async function openManifest(blobs: BlobStore, uri: string) {
  const content = await readBlob(blobs, `${uri}/manifest.json`);
  try {
    return manifestSchema.parse(JSON.parse(content.toString()));
  } catch (error) {
    throw corrupt(uri, `not readable: manifest.json is not what was written: ${(error as Error).message}`, { cause: error });
  }
}

/** A file of a snapshot, and how to say what is wrong in it. */
interface OpenFile {
  readonly length: number;
  /** Reads one column, a row group at a time. `take` gives what is wrong with a value, if anything is. */
  column<Value>(name: string, take: (value: Value, row: number) => string | void): Promise<void>;
}

async function openFile(blobs: BlobStore, uri: string, name: string, length: number): Promise<OpenFile> {
  const content = await readBlob(blobs, `${uri}/${name}`);
  const unreadable = (where: string) => (error: unknown) => {
    throw error instanceof Failure ? error : corrupt(uri, `not readable: ${where}: ${(error as Error).message}`, { cause: error });
  };
  const metadata = await openParquet(content).catch(unreadable(name));
  if (Number(metadata.num_rows) !== length)
    throw corrupt(uri, `not whole: ${name} has ${metadata.num_rows} rows, and its manifest says ${length}`);
  return {
    length,
    async column<Value>(column: string, take: (value: Value, row: number) => string | void) {
      let rows = 0;
      const takeRow = (value: Value, row: number) => {
        rows += 1;
        const fault = take(value, row);
        if (typeof fault === 'string') throw corrupt(uri, `not readable: ${name}, row ${row}, ${column}: ${fault}`);
      };
      await readParquetColumn(content, metadata, column, takeRow).catch(unreadable(`${name}, column ${column}`));
      if (rows !== length) throw corrupt(uri, `not whole: ${name}, column ${column} has ${rows} rows of ${length}`);
    },
  };
}

async function readMovies(file: OpenFile): Promise<MovieTable> {
  const ids: string[] = [];
  const known = new Set<string>();
  const titles: string[] = [];
  const genres: string[][] = [];
  const releaseYears: (number | null)[] = [];
  await file.column<string>('movie_id', (id) => {
    if (known.has(id)) return `movie ${showText(id)} is there twice`;
    known.add(id);
    return void ids.push(id);
  });
  await file.column<string>('title', (title) => void titles.push(title));
  await file.column<string[] | undefined>('genres', (of) => void genres.push(of ?? []));
  await file.column<number | undefined>('release_year', (year) => void releaseYears.push(year ?? null));
  return { vocabulary: createVocabulary(ids), titles, genres, releaseYears };
}

/** The file's rows are in canonical order, so users are numbered as they come. */
async function readInteractions(
  file: OpenFile,
  { vocabulary }: MovieTable,
): Promise<Omit<Snapshot, 'movies' | 'features' | 'seed' | 'split'>> {
  const { length } = file;
  const userIds: string[] = [];
  const known = new Set<string>();
  const columns = { userIndex: new Int32Array(length), movieIndex: new Int32Array(length) };
  const rating = new Float32Array(length);
  const ratedAt = new Float64Array(length);
  const [rankingSplit, ratingSplit] = [new Uint8Array(length), new Uint8Array(length)];
  await file.column<string>('user_id', (id, row) => {
    if (id !== userIds.at(-1)) {
      if (known.has(id)) return `the rows of user ${showText(id)} do not stand together`;
      known.add(id);
      userIds.push(id);
    }
    columns.userIndex[row] = userIds.length - 1;
  });
  await file.column<string>('movie_id', (id, row) => {
    const movie = vocabulary.indexOf(id);
    if (movie === undefined) return `movie ${showText(id)} of user ${showText(userIds[columns.userIndex[row]!])} is not in movies.parquet`;
    columns.movieIndex[row] = movie;
  });
  await file.column<number | null>('rating', (value, row) => void (rating[row] = value ?? Number.NaN));
  await file.column<Date>('rated_at', (at, row) => void (ratedAt[row] = at.getTime()));
  const takePart = (parts: Uint8Array) => (part: Part, row: number) => {
    const number = PARTS.indexOf(part);
    if (number < 0) return `${showText(part)} is none of ${PARTS.join(', ')}`;
    parts[row] = number;
  };
  await file.column<Part>('ranking_split', takePart(rankingSplit));
  await file.column<Part>('rating_split', takePart(ratingSplit));
  const interactions = { users: createVocabulary(userIds), movies: vocabulary, length, ...columns, rating, ratedAt };
  return { interactions, rankingSplit, ratingSplit };
}

async function readFeatures(file: OpenFile, names: readonly string[]): Promise<FeatureTable> {
  const columns = names.map(() => new Float32Array(file.length));
  for (const [at, name] of names.entries()) {
    await file.column<number | null>(name, (value, row) => void (columns[at]![row] = value ?? Number.NaN));
  }
  return { names, columns };
}
