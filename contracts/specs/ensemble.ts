import { z } from 'zod';
import { BY_RANKING, kindSpec, seed } from './modelSpec.ts';
import ease from './ease.ts';
import ials from './ials.ts';
import itemKnn from './item_knn.ts';
import neuralCf from './neural_cf.ts';
import popularity from './popularity.ts';
import sasrec from './sasrec.ts';

const memberSchema = z.discriminatedUnion('kind', [
  popularity.schema,
  itemKnn.schema,
  ease.schema,
  ials.schema,
  neuralCf.schema,
  sasrec.schema,
]);
export type MemberSpec = z.infer<typeof memberSchema>;

export default kindSpec(
  z.strictObject({
    kind: z.literal('ensemble'),
    members: z
      .array(memberSchema)
      .min(2)
      .max(8)
      .prefault([{ kind: 'ease' }, { kind: 'ials' }, { kind: 'sasrec' }])
      .describe('Kinds that rank, each with its own hyper-parameters'),
    seed,
  }),
  BY_RANKING,
);
