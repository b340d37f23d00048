import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { TMDB_ATTRIBUTION, type TmdbList } from '../../contracts/tmdb.ts';
import { replaceFile } from '../../platform/replaceFile.ts';

const envelopeSchema = z.object({ attribution: z.string(), fetched_at: z.iso.datetime(), answer: z.unknown() });

/** An answer of TMDB as it came, and when. */
export interface RawAnswer<T> {
  readonly fetchedAt: string;
  readonly answer: T;
}

/** The answers of TMDB on disk, under a folder a day: what is there has been asked for and is not asked for again that day. */
export interface RawAnswers {
  folderOf(day: string): string;
  /** @returns undefined where there is none that can be read whole */
  read<T>(day: string, name: string, schema: z.ZodType<T>): Promise<RawAnswer<T> | undefined>;
  write<T>(day: string, name: string, answer: T): Promise<RawAnswer<T>>;
}

export const pageFile = (list: TmdbList, page: number): string => path.join(list, `${String(page).padStart(4, '0')}.json`);
/** Packed: credits make it large, and there are many. */
export const movieFile = (tmdbId: number): string => path.join('movie', `${tmdbId}.json.gz`);

export function createRawAnswers(folder: string): RawAnswers {
  const folderOf = (day: string) => path.join(folder, day);
  return {
    folderOf,
    async read(day, name, schema) {
      const file = path.join(folderOf(day), name);
      try {
        const { fetched_at, answer } = envelopeSchema.parse(JSON.parse(unpack(name, await readFile(file))));
        return { fetchedAt: fetched_at, answer: schema.parse(answer) };
      } catch {
        return undefined;
      }
    },
    async write(day, name, answer) {
      const fetchedAt = new Date().toISOString();
      const text = JSON.stringify({ attribution: TMDB_ATTRIBUTION, fetched_at: fetchedAt, answer });
      await replaceFile(path.join(folderOf(day), name), (aside) => writeFile(aside, pack(name, text)));
      return { fetchedAt, answer };
    },
  };
}

const isPacked = (name: string) => name.endsWith('.gz');
const pack = (name: string, text: string) => (isPacked(name) ? gzipSync(text) : text);
const unpack = (name: string, content: Buffer) => (isPacked(name) ? gunzipSync(content) : content).toString();
