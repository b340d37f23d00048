import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { copyLine } from '../../../domain/catalogue/copyText.ts';
import { writeRejects } from '../../../domain/catalogue/rejects.ts';
import { createPicker, encodeValues } from '../../../domain/features/online/encoding.ts';
import { column, isRecord, readRecords } from '../../../domain/imports/reading/records.ts';
import { openRejectsFile } from '../../../domain/imports/staging/rejectsFile.ts';
import { readBatchPart, writeBatchPart } from '../../../domain/recommender/batch/batchTable.ts';
import { createInteractionBuilder, createVocabulary } from '../../../domain/recommender/data/interactions.ts';
import { packModel, unpackModel } from '../../../domain/recommender/model/modelParts.ts';
import { decodeSealed, encodeSealed } from '../../../domain/recommender/numeric/safetensors.ts';
import { createSnapshot } from '../../../domain/recommender/data/snapshot.ts';
import { readSnapshot, writeSnapshot } from '../../../domain/recommender/data/snapshotFiles.ts';
import { createBlobStore } from '../../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../../platform/blobs/store.ts';
import { distinctIds, storableText } from '../../hostile/arbitraries.ts';
import { CONTROLS, HOSTILE_TEXTS } from '../../hostile/texts.ts';

let folder: string;
let blobs: BlobStore;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hostile '));
  blobs = createBlobStore(`file:${folder}`);
});
afterAll(() => rm(folder, { recursive: true }));

const NAMED = [...Object.values(HOSTILE_TEXTS)];
const TEXTS = [...NAMED, ...Object.values(CONTROLS)];

async function all<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

function snapshotOf(users: readonly string[], titles: readonly string[]) {
  const movies = createVocabulary(titles.map((_, at) => String(at + 1)));
  const builder = createInteractionBuilder(movies);
  users.forEach((user, at) => builder.add(user, movies.ids[at % movies.size]!, 1 + (at % 5), Date.UTC(2026, 0, 1, 0, at)));
  const table = { vocabulary: movies, titles, genres: titles.map((title) => [title, 'Drama']), releaseYears: titles.map(() => 1999) };
  return createSnapshot(builder.build(), table, 1);
}

/** What stays the same from hand to hand: written, then read. */
async function throughSnapshot(users: readonly string[], titles: readonly string[]) {
  const written = snapshotOf(users, titles);
  const { interactions, movies } = await readSnapshot(blobs, await writeSnapshot(blobs, written));
  expect([interactions.users.ids, movies.titles, movies.genres]).toEqual([
    written.interactions.users.ids,
    written.movies.titles,
    written.movies.genres,
  ]);
}

describe('what a door lets in is read as it was written', () => {
  test.each([...Object.entries(HOSTILE_TEXTS), ...Object.entries(CONTROLS)])('from a training snapshot: %s', async (_, text) => {
    await throughSnapshot(['u1', text, 'u2'], ['One', text, 'Two']);
  });

  test('from a training snapshot, many at once', async () => {
    await throughSnapshot(NAMED, TEXTS);
    await fc.assert(fc.asyncProperty(distinctIds, fc.array(storableText, { minLength: 1, maxLength: 20 }), throughSnapshot), {
      numRuns: 40,
    });
  });

  test('from a table of recommendations', async () => {
    const through = async (users: readonly string[]) => {
      const rows = users.map((user_id, at) => ({ user_id, rank: 1, movie_id: String(at + 1), score: 0.5, model: 'ease' }));
      expect(await readBatchPart(await writeBatchPart(rows))).toEqual(rows);
    };
    await through(NAMED);
    await fc.assert(fc.asyncProperty(distinctIds, through), { numRuns: 40 });
  });

  test("from a model's vocabulary", () => {
    const through = (users: readonly string[]) => {
      const movies = createVocabulary(['1']);
      const files = packModel({ spec: { kind: 'popularity' }, users: createVocabulary(users), movies, weights: {}, losses: [] });
      const read = unpackModel(files, 'popularity').users;
      expect(read.ids).toEqual(users);
      users.forEach((user, at) => expect(read.indexOf(user)).toBe(at));
    };
    through(NAMED);
    fc.assert(fc.property(distinctIds, through));
  });

  test('from safetensors, as names and as metadata', () => {
    const through = (names: readonly string[]) => {
      const named = names.filter((name) => name !== '__proto__' && name !== '__metadata__');
      const tensors = Object.fromEntries(named.map((name, at) => [name, { shape: [1], values: Float32Array.of(at) }]));
      const metadata = Object.fromEntries(named.map((name) => [`_${name}`, name]));
      expect(decodeSealed(encodeSealed(tensors, metadata))).toEqual({ tensors, metadata });
    };
    through(NAMED);
    fc.assert(fc.property(distinctIds, through));
    for (const name of ['__proto__', '__metadata__']) {
      const tensors = Object.fromEntries([[name, { shape: [1], values: Float32Array.of(1) }]]);
      expect(() => encodeSealed(tensors)).toThrow(`no tensor may be named ${name}`);
    }
  });

  test('from an encoded row of features', () => {
    const features = ['before', 'text', 'after'].map((name) => ({
      name,
      type: 'string' as const,
      description: '',
      provenance: 'platform' as const,
    }));
    const through = (text: string) => {
      const row = encodeValues(features, { before: 'b', text, after: text });
      expect(createPicker(['after', 'text'])(row).map((json) => JSON.parse(json!) as unknown)).toEqual([text, text]);
      expect(row).not.toContain('\n'); // which stands between rows in Redis
    };
    TEXTS.forEach(through);
    fc.assert(fc.property(storableText, through));
  });

  test('from no file of rows that were set aside, where no store keeps them: what cannot be kept is replaced', async () => {
    const reject = { line: 1, reason: 'it holds a\0', raw: 'x\0,\ud83c' };
    const [small, grown] = [path.join(folder, 'small nul.csv'), path.join(folder, 'grown nul.csv')];
    await writeRejects(small, 'movies.readable', [reject]);
    const file = await openRejectsFile(grown, 'movies.readable', 0);
    file.add(reject);
    await file.flush();
    await file.close();
    for (const written of [small, grown]) {
      expect(parseCsv(await readFile(written))[1]).toEqual(['1', 'movies.readable', 'it holds a\ufffd', 'x\ufffd,\ufffd']);
    }
  });

  test('from the files of rows that were set aside', async () => {
    const through = async (texts: readonly string[]) => {
      const rejects = texts.map((raw, at) => ({ line: at + 1, reason: `"${raw}" is wrong`, raw }));
      const rows = [
        ['line', 'rule', 'reason', 'raw'],
        ...rejects.map(({ line, reason, raw }) => [String(line), 'movies.readable', reason, raw]),
      ];
      const [small, grown] = [path.join(folder, 'small.csv'), path.join(folder, 'grown.csv')];
      await writeRejects(small, 'movies.readable', rejects);
      const file = await openRejectsFile(grown, 'movies.readable', 0);
      rejects.forEach((reject) => file.add(reject));
      await file.flush();
      expect(await file.sample('movies.readable')).toEqual(rejects.slice(0, 10).map(({ line, reason }) => ({ line, reason })));
      await file.close();
      for (const written of [small, grown]) expect(parseCsv(await readFile(written))).toEqual(rows);
    };
    await through(TEXTS);
    await fc.assert(fc.asyncProperty(fc.array(storableText, { minLength: 1, maxLength: 20 }), through), { numRuns: 40 });
  });
});

describe('what a file of movies says is read as it stands there', () => {
  const HEADER = ['movieId', 'title', 'genres'];
  const fieldsOf = async (file: string, written: { separator: string; hasHeader: boolean }) =>
    (await all(readRecords(file, { ...written, columns: HEADER.map((name) => column(name)) })))
      .filter(isRecord)
      .map(({ fields }) => fields);
  const read = async (bytes: Buffer) => {
    const file = path.join(folder, 'movies.csv');
    await writeFile(file, bytes);
    return fieldsOf(file, { separator: ',', hasHeader: true });
  };
  const csv = (titles: readonly string[]) => `${HEADER.join()}\n${titles.map((title, at) => copyLine([at + 1, title, 'Drama'])).join('')}`;

  test('with a byte order mark before the file and without', async () => {
    const through = async (titles: readonly string[]) => {
      const rows = titles.map((title, at) => [String(at + 1), title, 'Drama']);
      expect(await read(Buffer.from(`\ufeff${csv(titles)}`))).toEqual(rows);
      expect(await read(Buffer.from(csv(titles)))).toEqual(rows);
    };
    await through(TEXTS);
    await fc.assert(fc.asyncProperty(fc.array(storableText, { minLength: 1, maxLength: 20 }), through), { numRuns: 40 });
  });

  test('a byte order mark before a file without quotes is none of its first field, and one later is text', async () => {
    const file = path.join(folder, 'movies.dat');
    await writeFile(file, '\ufeff1::One::Drama\n\ufeff2::Two::Drama\n');
    expect((await fieldsOf(file, { separator: '::', hasHeader: false })).map(([id]) => id)).toEqual(['1', '\ufeff2']);
  });
});
