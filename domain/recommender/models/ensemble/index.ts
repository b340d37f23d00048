import type { SpecOf } from '../../../../contracts/models.ts';
import { permanent } from '../../../../contracts/failures.ts';
import type { TrainingProgress } from '../../../../contracts/training.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { createTrainedModel, type FitContext, type ModelKindDefinition, type TrainedModel } from '../../model/model.ts';
import { packModel, unpackModel, weight, type ModelParts } from '../../model/modelParts.ts';
import { createPause } from '../../numeric/pause.ts';
import { createRandom } from '../../numeric/random.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import type { TrainingData } from '../../data/snapshot.ts';
import { drawValidationChoices } from '../../learning/validationChoices.ts';
import { MEMBERS, type MemberKind } from './members.ts';
import { fitBlend, scoreByEach, standardise } from './blend.ts';
import type { MemberSpec } from '../../../../contracts/specs/ensemble.ts';

type Spec = SpecOf<'ensemble'>;

const kindOf = ({ kind }: { kind: MemberKind }): ModelKindDefinition => MEMBERS[kind];

/** Validation users who are asked; a handful of weights needs no more. */
const MAX_USERS = 4_000;
/** Movies beside the one that was chosen. */
const OTHERS = 200;
const OTHERS_STREAM = 1;

/**
 * Several models whose scores are added with weights that the validation rows choose and no training row (stacking; Wolpert 1992,
 * doi:10.1016/S0893-6080(05)80023-1). Whom a member cannot answer for is answered by the others.
 */
const ensemble: ModelKindDefinition<Spec> = {
  kind: 'ensemble',
  async fit(spec, data, context) {
    const asked = drawValidationChoices(data, MAX_USERS, OTHERS, createRandom(spec.seed, OTHERS_STREAM));
    if (asked.length === 0) throw permanent('EmptyDataset', 'there are no validation rows to blend by');
    const { members, resumedFromEpoch } = await fitMembers(spec.members, data, context);
    const blend = await fitBlend(asked, (user) => scoreByEach(members, user), createPause(context.signal));
    const parts = pack(spec, members, blend);
    return { model: answer(parts, members), resumedFromEpoch };
  },
  load(files, tf) {
    const parts = unpackModel(files, 'ensemble');
    return answer(parts, unpack(parts, tf));
  },
  // While the last one learns, the others lie ready.
  memoryMb: ({ members }, sizes) => members.reduce((sum, member) => sum + (kindOf(member).memoryMb?.(member, sizes) ?? 0), 0),
};
export default ensemble;

/** Trains one after the other, each with checkpoints of its own: a retry goes through those that are done at once. */
async function fitMembers(specs: readonly MemberSpec[], data: TrainingData, context: FitContext) {
  const members: TrainedModel[] = [];
  let epochsBefore = 0;
  let resumed = 0;
  try {
    for (const [nth, spec] of specs.entries()) {
      let epochs = 0;
      const onProgress = (progress: TrainingProgress) => {
        epochs = progress.epochs;
        // What different kinds lose cannot be set beside one another.
        context.onProgress({ ...progress, loss: null, epoch: epochsBefore + progress.epoch, epochs: epochsBefore + progress.epochs });
      };
      const checkpoints = context.checkpoints.part(`${nth}-${spec.kind}`);
      const { model, resumedFromEpoch } = await kindOf(spec).fit(spec, data, { ...context, checkpoints, onProgress });
      members.push(model);
      epochsBefore += epochs;
      resumed += resumedFromEpoch ?? 0;
    }
  } catch (error) {
    for (const member of members) member.dispose();
    throw error;
  }
  return { members, resumedFromEpoch: resumed === 0 ? null : resumed };
}

const prefixOf = (member: number) => `${member}.`;

/** All members' weights in one file, with their names behind the member's number. */
function pack(spec: Spec, members: readonly TrainedModel[], blend: Float32Array): ModelParts<Spec> {
  const saved = members.map((member) => unpackModel(member.save(), member.kind));
  const { users, movies } = members[0]!;
  const weights: Record<string, Tensors[string]> = { blend: { shape: [blend.length], values: blend } };
  for (const [nth, parts] of saved.entries()) {
    for (const [name, tensor] of Object.entries(parts.weights)) weights[prefixOf(nth) + name] = tensor;
  }
  return { spec: { ...spec, members: saved.map((parts) => parts.spec as MemberSpec) }, users, movies, weights, losses: [] };
}

const unpack = ({ spec, weights, ...shared }: ModelParts<Spec>, tf: Tensorflow): TrainedModel[] =>
  spec.members.map((member, nth) => {
    const prefix = prefixOf(nth);
    const own = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
    const named = Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
    return kindOf(member).load(packModel({ ...shared, spec: member, weights: named }), tf);
  });

function answer(parts: ModelParts<Spec>, members: readonly TrainedModel[]): TrainedModel {
  const blend = weight(parts.weights, 'blend');
  const sum = (scores: readonly Float32Array[]): Float32Array => {
    const total = new Float32Array(scores[0]!.length);
    for (const [member, of] of scores.entries()) {
      const share = blend[member]!;
      for (let movie = 0; movie < total.length; movie += 1) total[movie]! += share * of[movie]!;
    }
    return total;
  };
  return createTrainedModel({
    kind: 'ensemble',
    users: parts.users,
    movies: parts.movies,
    answersUnknownUsers: members.some(({ answersUnknownUsers }) => answersUnknownUsers),
    scoreAll: (user) => sum(scoreByEach(members, user)),
    ...(members.some((member) => member.scoreHistory !== undefined) && {
      scoreHistory: (history: Int32Array, user: number | null) => sum(scoreByEach(members, user, history)),
      hasLearnt: (movie: number) => members.some((member) => member.scoreHistory !== undefined && (member.hasLearnt?.(movie) ?? true)),
    }),
    similarityToAll: (movie) => sum(members.map((member) => standardise(member.similarityToAll(movie)))),
    save: () => packModel(parts),
    dispose: () => members.forEach((member) => member.dispose()),
  });
}
