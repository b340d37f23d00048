import type { ModelKind } from '../../../contracts/models.ts';
import type { ModelKindDefinition } from '../model.ts';
import { moviePredictor } from './movie_predictor/index.ts';
import { neuralCf } from './neural_cf/index.ts';
import { popularity } from './popularity/index.ts';

/** Every kind of model: one folder, one line. */
const KINDS = [popularity, neuralCf, moviePredictor];

export function modelKind(kind: ModelKind): ModelKindDefinition {
  const definition = KINDS.find((candidate) => candidate.kind === kind);
  if (!definition) throw new Error(`there is no model of kind ${kind}`);
  return definition;
}
