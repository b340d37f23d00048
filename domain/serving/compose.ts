import type { Filter, MovieReason, Ordering } from '../../contracts/ordering.ts';
import { genresNamed } from '../catalogue/genres.ts';
import type { Asker, ScoredMovie } from '../recommender/model/model.ts';
import { diversify, explore, pin } from './arrange.ts';
import type { CatalogueFacts } from './catalogueFacts.ts';
import type { LoadedModel } from './modelShelf.ts';
import { isOf, type RulesInForce } from './rulesInForce.ts';

/** What a list of recommendations is composed by. */
export interface Composition {
  readonly asker: Asker;
  readonly k: number;
  /** Whether a movie may not be in it, whatever is asked for: not in the catalogue, blocked, seen, of another catalogue. */
  readonly isLeftOut: (movieId: string) => boolean;
  readonly filter: Filter | undefined;
  readonly rules: RulesInForce;
  readonly diversity: number;
  readonly exploration: number;
  /** The same for a user all day: so is what they explore. */
  readonly key: string;
  readonly facts: Pick<CatalogueFacts, 'of' | 'genres'>;
}

export interface Composed {
  readonly movies: readonly ScoredMovie[];
  readonly pinned: ReadonlySet<string>;
  /** Null where score alone made the order. */
  readonly ordering: Ordering | null;
}

/** Candidates that are put in order: of fewer there would be little to choose from, and of more each costs a look. */
const CANDIDATES = { least: 100, perMovie: 5 };

/**
 * Retrieves a model's best movies that pass, and puts them in order: boosted, explored or made diverse, pinned.
 * @throws Failure `invalid` for a filter by a genre that no movie is of
 */
export function compose({ model }: LoadedModel, composition: Composition): Composed {
  const { asker, k, isLeftOut, filter, rules, diversity, exploration, key, facts } = composition;
  const passes = createFilter(filter, facts);
  let hidden = 0;
  const isOut = (movieId: string) => {
    if (isLeftOut(movieId) || !passes(movieId)) return true;
    const isHidden = rules.hidden.has(movieId);
    if (isHidden) hidden += 1;
    return isHidden;
  };
  const isArranged = diversity > 0 || exploration > 0;
  const candidates = model.recommend({
    ...asker,
    k: isArranged ? Math.max(CANDIDATES.least, CANDIDATES.perMovie * k) : k,
    exclude: { has: isOut },
    boosts: rules.boosts,
  });
  const pins = rules.pins.filter(({ movieId, position }) => position <= k && !isOut(movieId)).map(withScore(composition, model));
  const drawn = exploration > 0 ? explore(candidates, { k, exploration, key }) : undefined;
  const genresOf = (movieId: string) => facts.of(movieId)?.genres ?? [];
  const arranged = drawn?.movies ?? diversify(candidates, { k, diversity, genresOf });
  const movies = pin(arranged, pins, k);
  const pinned = new Set(pins.map(({ movie }) => movie.movieId));
  const propensityOf = new Map(arranged.map(({ movieId }, at) => [movieId, drawn?.propensities[at] ?? 1]));

  const ordering: Ordering = {
    ...(filter && { filter }),
    ...(!drawn && diversity > 0 && { diversity }),
    ...(drawn && { exploration, propensities: movies.map(({ movieId }) => (pinned.has(movieId) ? 1 : propensityOf.get(movieId)!)) }),
    ...(pinned.size > 0 && { pinned: [...pinned] }),
    ...(hidden > 0 && { hidden }),
  };
  return { movies, pinned, ordering: Object.keys(ordering).length > 0 ? ordering : null };
}

const withScore =
  ({ asker }: Composition, model: LoadedModel['model']) =>
  ({ movieId, position }: RulesInForce['pins'][number]) => ({
    movie: { movieId, score: model.score(asker, [movieId])[0] ?? 0 },
    position,
  });

function createFilter(filter: Filter | undefined, facts: Composition['facts']): (movieId: string) => boolean {
  if (!filter) return () => true;
  const { years, exclude_ids, only_ids } = filter;
  const named = (field: 'genres' | 'exclude_genres') => filter[field] && genresNamed(filter[field], facts.genres(), `filter.${field}`);
  const [genres, unwanted] = [named('genres'), named('exclude_genres')];
  const [excluded, only] = [new Set(exclude_ids), only_ids && new Set(only_ids)];
  const looksAtFacts = Boolean(genres ?? years ?? unwanted);
  return (movieId) => {
    if (excluded.has(movieId) || (only && !only.has(movieId))) return false;
    if (!looksAtFacts) return true;
    const movie = facts.of(movieId);
    return movie !== undefined && isOf(movie, { genres, years }) && !unwanted?.some((genre) => movie.genres.includes(genre));
  };
}

/**
 * Why each movie is there: of what the user chose, what the model itself finds most like it.
 * @param history what the user chose, oldest first
 */
export function reasonsBy({ model }: LoadedModel, history: readonly string[]): (movieId: string) => MovieReason {
  if (model.kind === 'popularity') return () => ({ kind: 'popular' });
  const known = history.filter((id) => model.knowsMovie(id));
  const positions = Int32Array.from(known, (id) => model.movies.indexOf(id)!);
  return (movieId) => {
    const position = model.movies.indexOf(movieId);
    if (position === undefined || known.length === 0) return { kind: 'model' };
    const alike = model.likeness(position, positions);
    // The latest of those that are as much alike.
    const nearest = alike.reduce((best, likeness, at) => (likeness >= alike[best]! ? at : best), 0);
    return alike[nearest]! > 0 ? { kind: 'chosen', movie_id: known[nearest]! } : { kind: 'model' };
  };
}
