import type {
  AnsweredBy,
  PredictAnswer,
  PredictBody,
  RecommendAnswer,
  RecommendBody,
  SimilarAnswer,
  SimilarAsked,
} from '../../contracts/recommendations.ts';
import type { ServedRoute } from '../../contracts/routes.ts';
import type { ServedAnswer } from '../../contracts/served.ts';
import type { Pairs } from '../../domain/serving/scorePairs.ts';
import type { BrokenModel, ShelfChange, ShelvedModel } from '../../domain/serving/modelShelf.ts';
import type { HeldBack } from '../../domain/serving/servedRoutes.ts';
import type { ShadowOutcome } from '../../domain/serving/shadows.ts';

/** A version in memory, as it can be told elsewhere. */
export interface ModelState extends Omit<ShelvedModel, 'model' | 'catalogues'> {
  readonly kind: string;
  readonly users: number;
  readonly movies: number;
}

/** What answers now. */
export interface ScorerState {
  /** TensorFlow's, which networks answer by, with its version. */
  readonly tensorflow: { readonly backend: string; readonly version: string };
  /** By name, and of one name the oldest first. */
  readonly models: readonly ModelState[];
  readonly broken: readonly BrokenModel[];
  readonly routes: readonly ServedRoute[];
  readonly heldBack: readonly HeldBack[];
  /** References to what trends that answer now. */
  readonly trending: readonly string[];
}

/** One that scores beside others. */
export interface ScoringProcess {
  readonly pid: number;
  readonly isReady: boolean;
  readonly residentMb: number | null;
  /** That it is answering now. */
  readonly calls: number;
}

/** Scores for whoever is on the other side of HTTP. Movies are catalogue ids; what each throws is `Answers`'. */
export interface Scorer {
  recommend(body: RecommendBody, signal?: AbortSignal): Promise<{ readonly answer: RecommendAnswer; readonly served: ServedAnswer }>;
  predict(body: PredictBody): Promise<PredictAnswer>;
  similar(body: SimilarAsked): Promise<SimilarAnswer>;
  /** Scores in the order of the pairs, as `ScorePairs`. @throws Failure `missing` where the model is not loaded */
  infer(asked: InferCall, signal: AbortSignal): Promise<{ readonly model: AnsweredBy; readonly scores: Float32Array }>;
  state(): ScorerState;
  processes(): readonly ScoringProcess[];
  close(): Promise<void>;
}

/** A version, or the one that answers where none is asked for; and what it is to score. */
export type InferCall = { readonly name: string; readonly version: string | undefined } & Pairs;

/** What happens beside the answers. */
export interface ScorerEvents {
  readonly onShadowServed: (answer: ServedAnswer) => void;
  readonly onShadow: (outcome: ShadowOutcome) => void;
  readonly onChange: (change: ShelfChange) => void;
}

export const NOTHING_LOADED: ScorerState = {
  tensorflow: { backend: 'none', version: '' },
  models: [],
  broken: [],
  routes: [],
  heldBack: [],
  trending: [],
};
