import type { ComparedCatalogues, GateSettings } from '../../../contracts/gate.ts';
import type { ModelName } from '../../../contracts/models.ts';
import { compareWithChampion, gainOver, type Champion } from './comparison.ts';
import { metricsOf } from './metricTables.ts';
import { answerQuestions, type OnAsked, type Outcomes } from './outcomes.ts';
import type { Questions } from './questions.ts';
import { describeOutcomes, describeQuestions, intervalsOf, sliceFigures, type EvaluationReport } from './evaluationReport.ts';
import type { TrainedModel } from '../model/model.ts';
import type { TrainingData } from '../data/snapshot.ts';

/** The version that serves, ready to be asked. */
export interface ChampionModel {
  readonly version: string;
  /** The model; `same` where its files are those of the model that is judged; else why it cannot be asked. */
  readonly model: TrainedModel | 'same' | { readonly unanswered: string };
  /** What it learnt from; null where that cannot be known any more. */
  readonly training: TrainingData | null;
  /** Left out where the champion cannot be asked. */
  readonly catalogues?: ComparedCatalogues | undefined;
}

export interface EvaluationInput {
  readonly questions: Questions;
  /** That the model is registered under. */
  readonly name: ModelName;
  /** Trained on the training rows of the questions' snapshot. */
  readonly model: TrainedModel;
  /** Popularity's answers to the same questions. */
  readonly baseline: Outcomes;
  readonly champion: ChampionModel | null;
  readonly settings: Pick<GateSettings, 'confidence' | 'resamples'>;
  /** Evaluation ends soon after an abort by throwing the signal's reason. */
  readonly signal: AbortSignal;
  /** Told now and then how many questions were asked */
  readonly onAsked?: OnAsked;
}

/** Judges a model on what it was not trained on, with popularity and the champion beside it, all on the same questions. */
export async function evaluateModel({
  questions,
  name,
  model,
  baseline,
  champion,
  settings,
  signal,
  onAsked,
}: EvaluationInput): Promise<EvaluationReport> {
  const bootstrapSettings = { ...settings, seed: questions.snapshot.seed };
  const answered = await answerQuestions(questions, model, signal, onAsked);
  const { outcomes } = answered;
  const compared =
    champion &&
    compareWithChampion(questions, name, outcomes, await askChampion(questions, champion, answered, signal, onAsked), bootstrapSettings);
  const latency = percentilesOf(answered.latenciesMs);
  return {
    format: 2,
    kind: model.kind,
    name,
    ...describeQuestions(questions),
    metrics: metricsOf(questions, outcomes),
    baseline: metricsOf(questions, baseline),
    intervals: {
      confidence: settings.confidence,
      resamples: settings.resamples,
      of: intervalsOf(questions, outcomes, bootstrapSettings),
    },
    slices: sliceFigures(questions, outcomes, baseline, bootstrapSettings),
    champion: compared,
    evidence: {
      gain_over_popularity: gainOver(questions, name, outcomes, baseline, bootstrapSettings),
      champion: compared,
      latency_ms: latency.p95,
    },
    latency_ms: latency,
    outcomes: describeOutcomes(questions, outcomes),
  };
}

async function askChampion(
  questions: Questions,
  { model, ...champion }: ChampionModel,
  same: Champion['answered'],
  signal: AbortSignal,
  onAsked?: OnAsked,
): Promise<Champion> {
  if (model === 'same') return { ...champion, answered: same };
  if ('unanswered' in model) return { ...champion, answered: model };
  return { ...champion, answered: await answerQuestions(questions, model, signal, onAsked) };
}

function percentilesOf(latenciesMs: Float64Array): { median: number; p95: number } {
  const sorted = latenciesMs.toSorted();
  const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(3));
  return { median: at(0.5), p95: at(0.95) };
}
