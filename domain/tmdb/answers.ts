import { z } from 'zod';
import { isStorable } from '../../contracts/text.ts';

/*
 * The shapes of TMDB's answers. An answer that does not have its outer shape is no answer; a row that does not is set aside.
 * TMDB leaves out, or sends as null or '', what it does not know.
 */

const MAX_INTEGER = 2_147_483_647;
const storable = z.string().refine(isStorable, 'holds a character that cannot be kept');
const text = storable.nullish().transform((given) => given?.trim() || null);
const name = storable.trim().min(1);
const id = z.number().int().min(1).max(MAX_INTEGER);
const number = z
  .number()
  .nullish()
  .transform((given) => given ?? null);
const count = z
  .number()
  .int()
  .min(0)
  .max(MAX_INTEGER)
  .nullish()
  .transform((given) => given ?? null);
const isDay = (text: string) => z.iso.date().safeParse(text).success && text >= '1870' && text < '2200';
const date = z
  .string()
  .refine((given) => given === '' || isDay(given), 'not a date between 1870 and 2199')
  .nullish()
  .transform((given) => given || null);
/** Of an image, relative to https://image.tmdb.org/t/p/<size>. */
const imagePath = z
  .string()
  .regex(/^\/[\w.-]+$/, 'not the path of an image')
  .nullish()
  .transform((given) => given ?? null);

const movie = {
  id,
  title: name,
  original_title: text,
  original_language: text,
  overview: text,
  release_date: date,
  poster_path: imagePath,
  backdrop_path: imagePath,
  popularity: number,
  vote_average: number,
  vote_count: count,
};

export const listedMovieSchema = z.object({ ...movie, genre_ids: z.array(id) });
export type ListedMovie = z.infer<typeof listedMovieSchema>;

const genreSchema = z.object({ id, name });
export const genresSchema = z.looseObject({ genres: z.array(genreSchema) });

const person = z.object({ name, character: text, order: count });
const worker = z.object({ name, job: text });
export const detailedMovieSchema = z.object({
  ...movie,
  tagline: text,
  runtime: count,
  genres: z.array(genreSchema),
  keywords: z.object({ keywords: z.array(genreSchema) }),
  credits: z.object({ cast: z.array(person), crew: z.array(worker) }),
});
export type DetailedMovie = z.infer<typeof detailedMovieSchema>;

/** A page of a list, with its rows as they came. */
export const pageSchema = z.looseObject({ page: z.number().int(), results: z.array(z.unknown()), total_pages: z.number().int().min(0) });
/** Details as they came. */
export const rawDetailsSchema = z.looseObject({ id });

/** What is wrong with an answer or a row, field by field. */
export const issuesOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
