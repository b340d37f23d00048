import type { RegistrationActivities } from '../activities/registration.ts';
import type { TrainingActivities } from '../activities/training.ts';
import { modelTrainingInputSchema, type ModelResult, type ModelTrainingInput } from '../contracts/training.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { failedAs } from './failureType.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { trainWhere, whenThereIsRoom } from './trainingQueues.ts';

const { evaluateTrainedModel, registerModel } = stepsOf(WORKFLOWS.movieModelTraining.steps).by<
  TrainingActivities & RegistrationActivities
>();

const MAX_EVALUATIONS = 5;

/**
 * Trains, evaluates and registers one model; `champion` moves to it when the gate lets it. Where another version became champion between evaluation and
 * registration, the model is evaluated again, beside that one.
 */
export async function movieModelTraining(given: ModelTrainingInput): Promise<ModelResult> {
  const { dataset, spec, experiment, gate, resources } = parseInput(modelTrainingInputSchema, given);
  const model = await trainWhere(resources, { dataset, spec });
  for (let evaluation = 1; ; evaluation += 1) {
    const report = await whenThereIsRoom(() => evaluateTrainedModel({ dataset, model, gate }));
    try {
      const version = await registerModel({ dataset, experiment, model, report, gate });
      return { model, report, version };
    } catch (error) {
      if (!failedAs(error, 'ChampionChanged') || evaluation === MAX_EVALUATIONS) throw error;
    }
  }
}
