import type { SpecOf } from '../../../../contracts/models.ts';
import type { MemberSpec } from '../../../../contracts/specs/ensemble.ts';
import type { ModelKindDefinition } from '../../model/model.ts';
import ease from '../ease/index.ts';
import ials from '../ials/index.ts';
import itemKnn from '../item_knn/index.ts';
import neuralCf from '../neural_cf/index.ts';
import popularity from '../popularity/index.ts';
import sasrec from '../sasrec/index.ts';

export type MemberKind = MemberSpec['kind'];

/** The kinds of which an ensemble is made. */
export const MEMBERS: { readonly [Kind in MemberKind]: ModelKindDefinition<SpecOf<Kind>> } = {
  popularity,
  item_knn: itemKnn,
  ease,
  ials,
  neural_cf: neuralCf,
  sasrec,
};
