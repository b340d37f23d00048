import { conflict, invalid, missing } from '../../contracts/failures.ts';
import { FOREIGN_SOURCES, type ChangedMovie, type MovieChange } from '../../contracts/movies.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { isNamed, splitRef } from './movieRefs.ts';
import { readOwnRefs } from './ownRefs.ts';
import { asWaited, takeMovies, type TakenMovie, type TakenMovies } from './takeMovies.ts';
import { writeMovies } from './writeMovies.ts';

/** What a PUT leaves out. */
const EMPTY = { release_year: null, genres: [], attributes: {} };

/**
 * Changes the catalogue in the order given, all of it or nothing. A movie that is deleted keeps its row, which ratings and models name, and is not
 * recommended any more; put again it is back. However many changes there are, it takes a few statements: what they make of a movie is written once.
 * @throws Failure that names which of several changes it is about: `missing` for a movie or a set that is not there, `conflict` for TMDB's, `invalid` for a
 * name that no movie can be given; or `unavailable` while others change the same movies
 */
export const changeMovies = (pool: Pool, changes: readonly MovieChange[]): Promise<ChangedMovie[]> =>
  withTransaction(pool, async (connection) => {
    const taken = await takeMovies(connection, changes);
    const movies = new Map(taken.movies);
    const changed = changes.map((change, at) => {
      const place = changes.length > 1 ? `changes.${at}` : '';
      const movieId = idOf(taken, change, place);
      movies.set(movieId, applied(movies.get(movieId), change, place));
      return { op: change.op, movie_id: movieId };
    });
    await writeMovies(connection, [...movies.values()]);
    const ownIds = new Map(await readOwnRefs(connection, [...movies.keys()]));
    return changed.map((each) => ({ ...each, ...(ownIds.has(each.movie_id) && { own_id: ownIds.get(each.movie_id) }) }));
  }).catch((error: unknown) => {
    throw asWaited(error);
  });

/** @param place of the change among several */
function idOf({ ids }: TakenMovies, { op, movie_id: ref }: MovieChange, place: string): string {
  const movieId = isNamed(ref) ? ids.get(ref) : ref;
  if (movieId !== undefined) return movieId;
  if (op !== 'put') throw noMovie(ref, place);
  const { source } = splitRef(ref);
  if (FOREIGN_SOURCES.includes(source)) throw invalid(fieldAt(place), `${source} names another catalogue, whose movies are not made here`);
  throw missing(
    saidAt(place, `There is no own set ${source}, so that ${ref} is not made; import it first, or name one of \`mlops data sets list\``),
  );
}

/** One that was deleted is there for a put alone. */
function applied(movie: TakenMovie | undefined, change: MovieChange, place: string): TakenMovie {
  const { op, movie_id: ref } = change;
  const isThere = movie !== undefined && (op === 'put' ? movie.isThere || movie.madeAs !== null : movie.isThere && !movie.isGone);
  if (!isThere) throw noMovie(ref, place);
  if (op === 'delete') return { ...movie, isGone: true };
  if (movie.source === 'tmdb')
    throw conflict(saidAt(place, `Movie ${ref} is known to TMDB alone, whose words are not kept in the catalogue`));
  if (op === 'patch') return { ...movie, said: { ...movie.said, ...change.fields } };
  return { ...movie, isThere: true, isGone: false, said: { ...EMPTY, ...change.fields } };
}

const saidAt = (place: string, words: string) => (place === '' ? words : `${place}: ${words}`);
const fieldAt = (place: string) => (place === '' ? 'movie_id' : `${place}.movie_id`);
const noMovie = (ref: string, place: string) => missing(saidAt(place, `There is no movie ${ref} in the catalogue`));
