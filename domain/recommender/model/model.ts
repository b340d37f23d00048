import { LRUCache } from 'lru-cache';
import type { ModelKind, ModelSpec } from '../../../contracts/models.ts';
import type { TrainingProgress } from '../../../contracts/training.ts';
import type { Tensorflow } from '../../../platform/tensorflow.ts';
import { highest } from '../numeric/topK.ts';
import type { Vocabulary } from '../data/interactions.ts';
import type { TrainingData } from '../data/snapshot.ts';

/** A saved model: file names and contents, all that serving needs. */
export type ModelFiles = Readonly<Record<string, Uint8Array>>;

export interface ScoredMovie {
  readonly movieId: string;
  readonly score: number;
}

/** Ratings on the scale of 0.5 to 5, in the order of the movies asked for. */
export interface RatingPrediction {
  readonly expected: Float32Array;
  /** The single class (a half star) that is most likely. */
  readonly likeliest: Float32Array;
}

/** For whom an answer is. */
export interface Asker {
  /** Null for nobody in particular. */
  readonly userId: string | null;
  /** Movie ids the user chose until now, oldest first; those the model does not know are passed over. */
  readonly history?: readonly string[];
  /** Movie ids the user said they dislike, oldest first: what is like the latest of them loses. */
  readonly disliked?: readonly string[];
}

export interface RecommendRequest extends Asker {
  readonly k: number;
  /** Movie ids to leave out, such as what the user has seen. */
  readonly exclude?: Pick<ReadonlySet<string>, 'has'>;
  /** By movie id, how many times `reach` of its scores is added. */
  readonly boosts?: ReadonlyMap<string, number>;
}

/** What one kind of model implements, in terms of positions in its vocabularies. Everything else is derived from it. */
export interface ModelCore {
  readonly kind: ModelKind;
  readonly users: Vocabulary;
  readonly movies: Vocabulary;
  /** Whether it has an answer for a user it has not learnt from. */
  readonly answersUnknownUsers: boolean;
  /**
   * One score a movie of the vocabulary; higher is better.
   * @param user null for one the model has not learnt from, allowed where `answersUnknownUsers`
   */
  scoreAll(user: number | null): Float32Array;
  /**
   * Present where the kind scores by what somebody chose, whether it has learnt from them or not.
   * @param history positions of movies, oldest first, at least one
   * @param user null for one the model has not learnt from
   */
  scoreHistory?(history: Int32Array, user: number | null): Float32Array;
  /** Whether having chosen this movie says anything to `scoreHistory`; each does where it is absent. */
  hasLearnt?(movie: number): boolean;
  /**
   * Present where the kind scores a few pairs for less than all movies of each user.
   * @param users positions of users that it has learnt from
   * @param movies positions, as many
   */
  scorePairs?(users: Int32Array, movies: Int32Array): Float32Array;
  /** How alike each movie of the vocabulary is to this one; higher is more alike. */
  similarityToAll(movie: number): Float32Array;
  /**
   * The same of a few movies, present where that costs less.
   * @param others positions
   * @returns undefined where only all can be told
   */
  similarityOf?(movie: number, others: Int32Array): Float32Array | undefined;
  /** Present where the kind predicts ratings. */
  rate?(user: number | null, movies: Int32Array): RatingPrediction;
  save(): ModelFiles;
  /** Frees native memory; the model is not used after it. */
  dispose(): void;
}

/** A model ready to answer, by ids. Answers are synchronous and leave no native memory behind. */
export interface TrainedModel extends ModelCore {
  knowsMovie(movieId: string): boolean;
  /** Whether it can answer: from the history, from what it learnt of the user, or for anyone. */
  canAnswer(asker: Asker): boolean;
  /**
   * Scores in the order of the movies; null for one the model does not know. A kind that scores by history does so where one is
   * given, even for a user it has learnt from: it is newer.
   * @throws UnknownUser where it cannot answer
   */
  score(asker: Asker, movieIds: readonly string[]): (number | null)[];
  /**
   * The best k, best first; ties in the order of the vocabulary. Fewer where there are no more.
   * @throws UnknownUser where it cannot answer
   */
  recommend(request: RecommendRequest): ScoredMovie[];
  /** How alike some movies are to one, by positions. */
  likeness(movie: number, others: Int32Array): Float32Array;
  /** The k most alike of those that are alike at all, without the movie itself and those to leave out; none for a movie the model does not know. */
  similar(movieId: string, k: number, exclude?: Pick<ReadonlySet<string>, 'has'>): ScoredMovie[];
}

/** Where a run keeps the state it goes on from after a crash. Saving replaces what was there, whole or not at all. */
export interface CheckpointStore {
  load(): Promise<Uint8Array | null>;
  save(state: Uint8Array): Promise<void>;
  /** A store of its own for a part of the run. */
  part(name: string): CheckpointStore;
}

/** For a run that nobody goes on from. */
export const NO_CHECKPOINTS: CheckpointStore = { load: async () => null, save: async () => undefined, part: () => NO_CHECKPOINTS };

export interface FitContext {
  readonly tf: Tensorflow;
  /** Fitting ends within a second of an abort by throwing the signal's reason. */
  readonly signal: AbortSignal;
  readonly checkpoints: CheckpointStore;
  /** Between two checkpoints inside one epoch, where the kind can go on from there; one a finished epoch is kept anyway. */
  readonly checkpointEveryMs?: number;
  /** Told why, where a checkpoint is not what was saved: the training starts over. */
  readonly onLostCheckpoint?: (why: Error) => void;
  /** Called at least once an epoch and about once a second. */
  readonly onProgress: (progress: TrainingProgress) => void;
}

export interface FitResult {
  readonly model: TrainedModel;
  /** The last finished epoch of the checkpoint this run went on from. */
  readonly resumedFromEpoch: number | null;
}

/** One kind of model. The default export of its folder's `index.ts`; docs/extend.md shows how to add one. */
export interface ModelKindDefinition<Spec extends ModelSpec = ModelSpec> {
  readonly kind: Spec['kind'];
  /**
   * Learns, yielding to the event loop every 100 ms or sooner.
   * @throws Failure `EmptyDataset` where there is nothing to learn from, `NumericalFailure` where the loss is not finite
   */
  fit(spec: Spec, data: TrainingData, context: FitContext): Promise<FitResult>;
  load(files: ModelFiles, tf: Tensorflow): TrainedModel;
  /** Feature service whose features it learns from: training rows come with them, as they were at each row's own time. */
  readonly featureService?: string;
  /** MB that learning takes at its peak beside the data itself; what the weights of a small model take where it is absent. */
  memoryMb?(spec: Spec, sizes: DataSizes): number;
}

export interface DataSizes {
  readonly interactions: number;
  readonly users: number;
  readonly movies: number;
}

export class UnknownUser extends Error {
  override readonly name = 'UnknownUser';
  constructor(kind: ModelKind, userId: string | null) {
    super(`${kind} has not learnt from user ${userId ?? '(none given)'}`);
  }
}

const NO_HISTORY = new Int32Array();
/** Of the latest dislikes: each costs a look at every movie. */
const DISLIKES = 20;

/** Numbers of likeness that a model remembers, 16 MB of them. */
const REMEMBERED_LIKENESS = 4_000_000;

/** Makes a kind's core answer by ids. */
export function createTrainedModel(given: ModelCore): TrainedModel {
  const core = { ...given, similarityToAll: rememberLikeness(given) };
  const { users, movies } = core;
  const userOf = ({ userId }: Asker) => (userId === null ? null : (users.indexOf(userId) ?? null));
  const positionsOf = (ids: readonly string[] = []): Int32Array =>
    Int32Array.from(ids.map((id) => movies.indexOf(id)).filter((movie) => movie !== undefined));
  const historyOf = ({ history }: Asker): Int32Array =>
    core.scoreHistory ? positionsOf(history).filter((movie) => core.hasLearnt?.(movie) ?? true) : NO_HISTORY;
  const scoreAllFor = (asker: Asker) =>
    movedAway(likedBy(asker), positionsOf(asker.disliked?.slice(-DISLIKES)), (movie) => core.similarityToAll(movie));
  function likedBy(asker: Asker): Float32Array {
    const history = historyOf(asker);
    const user = userOf(asker);
    if (core.scoreHistory && history.length > 0) return core.scoreHistory(history, user);
    if (user === null && !core.answersUnknownUsers) throw new UnknownUser(core.kind, asker.userId);
    return core.scoreAll(user);
  }
  const best = (scores: Float32Array, k: number, leftOut: (movieId: string) => boolean): ScoredMovie[] =>
    highest(scores, k, (movie) => leftOut(movies.ids[movie]!)).map((movie) => ({ movieId: movies.ids[movie]!, score: scores[movie]! }));

  function boosted(scores: Float32Array, boosts?: ReadonlyMap<string, number>): Float32Array {
    if (!boosts || boosts.size === 0) return scores;
    const unit = reach(scores);
    const changed = scores.slice(); // some kinds give what they keep
    for (const [movieId, strength] of boosts) {
      const movie = movies.indexOf(movieId);
      if (movie !== undefined) changed[movie]! += unit * strength;
    }
    return changed;
  }

  return {
    ...core,
    knowsMovie: (movieId) => movies.indexOf(movieId) !== undefined,
    canAnswer: (asker) => core.answersUnknownUsers || userOf(asker) !== null || historyOf(asker).length > 0,
    score(asker, movieIds) {
      const user = userOf(asker);
      if (core.scorePairs && user !== null && FEW * movieIds.length < movies.size) {
        const at = movieIds.map((movieId) => movies.indexOf(movieId));
        const known = Int32Array.from(at.filter((movie) => movie !== undefined));
        const scores = core.scorePairs(
          known.map(() => user),
          known,
        );
        let next = 0;
        return at.map((movie) => (movie === undefined ? null : scores[next++]!));
      }
      const scores = scoreAllFor(asker);
      return movieIds.map((movieId) => scores[movies.indexOf(movieId) ?? -1] ?? null);
    },
    recommend: ({ k, exclude, boosts, ...asker }) =>
      best(boosted(scoreAllFor(asker), boosts), k, (movieId) => exclude?.has(movieId) ?? false),
    likeness(movie, others) {
      const few = core.similarityOf?.(movie, others);
      if (few) return few;
      const all = core.similarityToAll(movie);
      return Float32Array.from(others, (other) => all[other]!);
    },
    similar(movieId, k, exclude) {
      const movie = movies.indexOf(movieId);
      if (movie === undefined) return [];
      const alike = best(core.similarityToAll(movie), k, (other) => other === movieId || (exclude?.has(other) ?? false));
      return alike.filter(({ score }) => score > 0);
    },
  };
}

/** Of more movies than the catalogue divided by this, all are scored. */
const FEW = 4;

/** Many are told why they get the same movies, and each reason looks at all movies that are like one. */
function rememberLikeness(core: ModelCore): ModelCore['similarityToAll'] {
  const remembered = new LRUCache<number, Float32Array>({ maxSize: REMEMBERED_LIKENESS, sizeCalculation: ({ length }) => length + 1 });
  return (movie) => {
    const known = remembered.get(movie) ?? core.similarityToAll(movie);
    remembered.set(movie, known);
    return known;
  };
}

/** A list that people look at has fewer. */
const LAST_PLACE = 100;

/**
 * How far the best score is above the one of the hundredth place, or of the last where fewer differ: who gains as much comes to the top from there, and
 * who loses as much is out of sight. Unlike a standard deviation it says so of any distribution of scores; counts have a long tail.
 */
function reach(scores: Float32Array): number {
  const places = highest(scores, LAST_PLACE, () => false);
  const top = scores[places[0]!] ?? 0;
  const last = scores[places.at(-1)!] ?? 0;
  return top - (last < top ? last : scores.reduce((least, score) => Math.min(least, score), top));
}

/**
 * What is most like a disliked movie loses as much as separates the best from the hundredth (`reach`); what is half as alike, half of it; what is like
 * several of them loses more. So is feedback that something is not relevant used since Rocchio (1971, "Relevance feedback in information retrieval").
 * @param disliked positions of movies
 */
function movedAway(scores: Float32Array, disliked: Int32Array, similarityToAll: ModelCore['similarityToAll']): Float32Array {
  if (disliked.length === 0) return scores;
  // Loops, which take a fifth of what a function for each movie takes.
  const spared = new Float32Array(scores.length).fill(1);
  for (const movie of disliked) {
    const alike = similarityToAll(movie);
    let most = 0;
    for (let other = 0; other < alike.length; other += 1) if (other !== movie && alike[other]! > most) most = alike[other]!;
    if (most === 0) continue;
    for (let other = 0; other < alike.length; other += 1) spared[other]! *= 1 - Math.min(1, Math.max(0, alike[other]! / most));
  }
  const unit = reach(scores);
  const moved = new Float32Array(scores.length);
  for (let movie = 0; movie < moved.length; movie += 1) moved[movie] = scores[movie]! - unit * (1 - spared[movie]!);
  return moved;
}
