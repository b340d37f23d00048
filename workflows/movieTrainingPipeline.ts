import { executeChild, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import type { PipelineActivities } from '../activities/pipeline.ts';
import type { TrainingActivities } from '../activities/training.ts';
import { nameOf } from '../contracts/models.ts';
import { BY_RANKING } from '../contracts/specs/modelSpec.ts';
import { trainingInputSchema, type ModelResult, type TrainingInput, type TrainingResult } from '../contracts/training.ts';
import { modelRunId, WORKFLOWS } from '../contracts/workflows.ts';
import { failure } from './failure.ts';
import { movieModelTraining } from './movieModelTraining.ts';
import { parseInput } from './parseInput.ts';
import { pickWinner } from './pickWinner.ts';
import { stepsOf } from './proxySteps.ts';
import { sideBySide } from './sideBySide.ts';
import { whenThereIsRoom } from './trainingQueues.ts';

const { prepareTrainingData, markWinner } = stepsOf(WORKFLOWS.movieTrainingPipeline.steps).by<TrainingActivities & PipelineActivities>();

/**
 * Freezes what there is to learn from, makes each model from the same data, side by side, and says which is best. One that fails leaves the others be:
 * they are registered, and the run's failure names them.
 */
export async function movieTrainingPipeline(given: TrainingInput): Promise<TrainingResult> {
  const isByFullRanking = patched('judged-by-full-ranking');
  const { models, seed, split, sets, gate, experiment, max_parallel, resources } = parseInput(
    trainingInputSchema,
    isByFullRanking ? given : Object.assign({ models: MODELS_OF_0_3_0 }, given),
  );
  const { workflowId } = workflowInfo();
  const dataset = await whenThereIsRoom(() => prepareTrainingData({ seed, split, sets, kinds: models.map(({ kind }) => kind) }));
  const outcomes = await sideBySide(models, max_parallel, (spec) =>
    executeChild(movieModelTraining, {
      workflowId: modelRunId(workflowId, nameOf(spec)),
      args: [{ dataset, spec, experiment, gate, resources }],
    }),
  );
  const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const winner = pickWinner(made, isByFullRanking ? BY_RANKING.name : 'ndcg_at_10');
  if (winner) await markWinner(winner);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw withRegistered(failed.reason, made);
  return { dataset, models: made, winner };
}

/** Those that a run of 0.3.0 made where its input named none. */
const MODELS_OF_0_3_0 = [{ kind: 'popularity' }, { kind: 'movie_predictor' }, { kind: 'neural_cf' }];

/** The first failure, with what succeeded beside it. */
function withRegistered(reason: unknown, made: readonly ModelResult[]): unknown {
  if (made.length === 0 || isCancellation(reason)) return reason;
  const registered = made.map(({ version }) => `${version.name} ${version.version}`);
  return failure('ModelsFailed', `one of the models failed; registered: ${registered.join(', ')}`, {
    details: [{ registered: made.map(({ version }) => version) }],
    cause: reason as Error,
  });
}
