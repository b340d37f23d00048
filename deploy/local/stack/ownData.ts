import { existsSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { readColumnMap } from '../../../contracts/columnMap.ts';
import { dataImportInputSchema, LOG_FIELDS, TITLE_FIELDS } from '../../../contracts/dataImport.ts';

/** How an own log is read; what is missing is guessed. */
const readingSchema = dataImportInputSchema.pick({ name: true, map: true, scale: true, encoding: true, titles: true, titles_map: true });

/** What the main job is to run on in place of the sample: a file or a folder, and files by their whole paths. */
export interface OwnData extends z.infer<typeof readingSchema> {
  readonly data: string;
}

/** Options of `npm start` that say how own data is read, as the import takes them. */
export const READING_FLAGS = {
  titles: { type: 'string' },
  'titles-map': { type: 'string' },
  name: { type: 'string' },
  map: { type: 'string' },
  scale: { type: 'string' },
  encoding: { type: 'string' },
} as const;
type ReadingFlags = { readonly [name in keyof typeof READING_FLAGS]?: string | undefined };

/** @throws Error for what is not there or no import takes, and for what is said of data that is not given, before anything is started */
export function readOwnData({ data, ...flags }: { readonly data?: string | undefined } & ReadingFlags): OwnData | undefined {
  if (data === undefined) {
    const alone = Object.keys(READING_FLAGS).find((name) => flags[name as keyof ReadingFlags] !== undefined);
    if (alone) throw new Error(`--${alone} is said of --data, which is missing`);
    return undefined;
  }
  const missing = [data, flags.titles].find((place) => place !== undefined && !existsSync(place));
  if (missing !== undefined) throw new Error(`there is no ${missing}`);
  return { data: path.resolve(data), ...readingOf(flags) };
}

function readingOf({ titles, map, name, scale, encoding, 'titles-map': titlesMap }: ReadingFlags) {
  const { data, error } = readingSchema.safeParse({
    ...{ name, scale, encoding },
    titles: titles && path.resolve(titles),
    map: columnsIn('map', map, LOG_FIELDS),
    titles_map: columnsIn('titles-map', titlesMap, TITLE_FIELDS),
  });
  if (data) return data;
  const [{ path: place, message } = { path: [], message: '' }] = error.issues;
  throw new Error(`--${place.join('.').replace('_', '-')}: ${message}`);
}

function columnsIn(option: string, text: string | undefined, fields: readonly string[]) {
  try {
    return text === undefined ? undefined : readColumnMap(text, fields);
  } catch (error) {
    throw new Error(`--${option}: ${(error as Error).message}`, { cause: error });
  }
}
