import { createVocabulary } from '../data/interactions.ts';
import type { Tensor, Tensors } from '../numeric/safetensors.ts';
import type { ModelFiles } from './model.ts';
import { CONFIG_FILE, packModel, readSpec, unpackModel } from './modelParts.ts';

/** Whether a saved model has a user in its vocabulary. */
export const holdsUser = (vocabulary: Uint8Array, userId: string): boolean =>
  (JSON.parse(Buffer.from(vocabulary).toString()) as { users: string[] }).users.includes(userId);

/**
 * A saved model without a user: their id, and the row of each weight that has one a user, so that they are a stranger to it. What all others' weights have learnt by
 * them stays.
 * @returns undefined where it does not know the user
 */
export function forgetUser(files: ModelFiles, userId: string): ModelFiles | undefined {
  const parts = unpackModel(files, readSpec(files[CONFIG_FILE]!).kind, ['movie.year']);
  const user = parts.users.indexOf(userId);
  if (user === undefined) return undefined;
  const users = createVocabulary(parts.users.ids.filter((id) => id !== userId));
  return packModel({ ...parts, users, weights: withoutRow(parts.weights, user, parts.users.size) });
}

/** Weights that have a row a user; an ensemble's stand behind the number of the member. */
const BY_USER = /^(\d+\.)?(users?(\..+)?|history\.counts)$/;
const HISTORIES = /^(\d+\.)?history\.movies$/;

function withoutRow(weights: Tensors, user: number, users: number): Tensors {
  return Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => {
      if (HISTORIES.test(name)) return [name, withoutHistory(tensor, weights[name.replace(/movies$/, 'counts')]!, user)];
      if (!BY_USER.test(name)) return [name, tensor];
      if (tensor.shape[0] !== users) throw new Error(`the model's weight ${name} has ${tensor.shape[0]} rows for ${users} users`);
      return [
        name,
        cut(tensor, (tensor.values.length / users) * user, tensor.values.length / users, [users - 1, ...tensor.shape.slice(1)]),
      ];
    }),
  );
}

function withoutHistory(movies: Tensor, { values: counts }: Tensor, user: number): Tensor {
  const from = counts.subarray(0, user).reduce((sum, count) => sum + count, 0);
  return cut(movies, from, counts[user]!, [movies.values.length - counts[user]!]);
}

function cut({ values }: Tensor, from: number, length: number, shape: readonly number[]): Tensor {
  const left = new Float32Array(values.length - length);
  left.set(values.subarray(0, from));
  left.set(values.subarray(from + length), from);
  return { shape, values: left };
}
