import type { ModelKind, SpecOf } from '../../../contracts/models.ts';
import type { ModelKindDefinition } from '../model/model.ts';
import ease from './ease/index.ts';
import ensemble from './ensemble/index.ts';
import ials from './ials/index.ts';
import itemKnn from './item_knn/index.ts';
import moviePredictor from './movie_predictor/index.ts';
import neuralCf from './neural_cf/index.ts';
import popularity from './popularity/index.ts';
import sasrec from './sasrec/index.ts';

/** How each kind that contracts/specs/ lists learns and answers. */
const KINDS: { readonly [Kind in ModelKind]: ModelKindDefinition<SpecOf<Kind>> } = {
  popularity,
  item_knn: itemKnn,
  ease,
  ials,
  neural_cf: neuralCf,
  sasrec,
  ensemble,
  movie_predictor: moviePredictor,
};

export const modelKind = (kind: ModelKind): ModelKindDefinition => KINDS[kind];
