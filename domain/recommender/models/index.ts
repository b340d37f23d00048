import type { ModelKind, SpecOf } from '../../../contracts/models.ts';
import type { ModelKindDefinition } from '../model/model.ts';
import ensemble from './ensemble/index.ts';
import { MEMBERS } from './ensemble/members.ts';
import moviePredictor from './movie_predictor/index.ts';

/** How each kind that contracts/specs/ lists learns and answers. */
const KINDS: { readonly [Kind in ModelKind]: ModelKindDefinition<SpecOf<Kind>> } = {
  ...MEMBERS,
  ensemble,
  movie_predictor: moviePredictor,
};

export const modelKind = (kind: ModelKind): ModelKindDefinition => KINDS[kind];
