import { z } from 'zod';
import { loadedSchema, qualityOutcomeSchema } from './collection.ts';
import { encodingSchema } from './encoding.ts';
import { ID_CHARACTERS, PATH_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';

/** Shapes of MovieLens' sets: `csv` (small, 20M, 25M, 32M), `dat` (`::`, 1M and 10M), `tab` (u.data and u.item, 100K), and RecBole's `atomic` files of them. */
export const SET_FORMATS = ['csv', 'dat', 'tab', 'atomic'] as const;
export type SetFormat = (typeof SET_FORMATS)[number];

/** Of a set that is here: MovieLens', or a table of choices by somebody's own columns. */
export const PUBLISHED_FORMATS = [...SET_FORMATS, 'own'] as const;

export const STAGED_KINDS = ['movies', 'users', 'ratings'] as const;
export type StagedKind = (typeof STAGED_KINDS)[number];

/** A set's name stands before its users' ids, so it may hold no colon. */
export const SET_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,39}$/;

/** What an own log of choices says in a row, and a file of titles of a movie. */
export const LOG_FIELDS = ['user', 'item', 'value', 'time'] as const;
export const TITLE_FIELDS = ['item', 'title', 'year', 'genres'] as const;
export type LogField = (typeof LOG_FIELDS)[number];
export type TitleField = (typeof TITLE_FIELDS)[number];
const columnName = plainText(ID_CHARACTERS).min(1).optional();
const logMapSchema = z.strictObject({ user: columnName, item: columnName, value: columnName, time: columnName });
const titlesMapSchema = z.strictObject({ item: columnName, title: columnName, year: columnName, genres: columnName });

/** What values of an own log are: stars of 0.5 to 5 in halves, an own scale from 0 up to 10 or 100, or how often somebody chose. */
export const VALUE_SCALES = ['stars', 'ten', 'hundred', 'counts'] as const;
export type ValueScale = (typeof VALUE_SCALES)[number];

/** Whether a place is an address rather than a path. */
export const isAddress = (place: string): boolean => /^https?:\/\//i.test(place);
/** Inputs are kept and shown. */
const carriesNoCredentials = (address: string) => URL.canParse(address) && !new URL(address).username && !new URL(address).password;

export const dataImportInputSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine((place) => !isAddress(place) || carriesNoCredentials(place), 'no address, or one with a user name or password in it')
    .max(PATH_CHARACTERS)
    .describe(
      'Folder or zip of a MovieLens set, or file of an own log of choices, as the control worker sees it, or an http(s) address of a zip',
    ),
  format: z.enum(['auto', ...SET_FORMATS]).default('auto'),
  encoding: encodingSchema.optional(),
  name: z
    .string()
    .regex(SET_NAME_PATTERN, 'small letters, digits and ._-, at most 40')
    .optional()
    .describe("Name of the set, which its users' ids carry; made from the path when missing"),
  map: logMapSchema
    .optional()
    .describe('Columns of an own log of choices (CSV, TSV, JSON Lines, Parquet), by what they say; guessed by their names where missing'),
  scale: z.enum(VALUE_SCALES).optional().describe('What the values of an own log are; guessed when missing'),
  titles: z.string().min(1).max(PATH_CHARACTERS).optional().describe('File of the titles of an own log, in any of its formats'),
  titles_map: titlesMapSchema.optional().describe('Its columns; all others are kept as attributes'),
});
export type DataImportInput = z.infer<typeof dataImportInputSchema>;

interface OpenedSet {
  /** What its runs are compared by. */
  readonly dataset: string;
  /** What its rows name as their source. */
  readonly source: string;
  /** Stands before each user id, such as `ml-1m:`. */
  readonly user_prefix: string;
  /** Of its titles, or of an own log too, where somebody told it. */
  readonly encoding?: string | undefined;
}

/** A set that lies in a folder, ready to be read. */
export interface MovieLensRef extends OpenedSet {
  readonly folder: string;
  readonly format: SetFormat;
}

/** An own log of choices, and its titles. */
export interface OwnRef extends OpenedSet {
  readonly format: 'own';
  readonly log: string;
  readonly map: Readonly<Partial<Record<LogField, string>>>;
  readonly scale: ValueScale | null;
  readonly titles: { readonly file: string; readonly map: Readonly<Partial<Record<TitleField, string>>> } | null;
}

export type SetRef = MovieLensRef | OwnRef;

export const dataImportResultSchema = z.object({
  dataset: z.string(),
  format: z.enum(PUBLISHED_FORMATS),
  encoding: z.string().optional().describe('Of the titles, as it was told or found; runs before 0.4 do not say it'),
  movies: loadedSchema,
  users: loadedSchema,
  ratings: loadedSchema,
  quality: qualityOutcomeSchema,
});
export type DataImportResult = z.infer<typeof dataImportResultSchema>;

/** Heartbeat of the step that reads a set. */
export const importProgressSchema = z.object({
  reading: z.enum([...STAGED_KINDS, 'log']).describe('`log`: an own log is looked through before its rows are staged'),
  rows: z.number().int(),
  rows_per_s: z.number(),
  bytes: z.number().int(),
  bytes_total: z.number().int().nullable().describe('Null where nobody knows how much is to come'),
  eta_s: z.number().nullable(),
});
export type ImportProgress = z.infer<typeof importProgressSchema>;
