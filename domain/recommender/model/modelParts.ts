import { z } from 'zod';
import { permanent } from '../../../contracts/failures.ts';
import { modelSpecSchema, type ModelKind, type ModelSpec, type SpecOf } from '../../../contracts/models.ts';
import { createVocabulary, type Vocabulary } from '../data/interactions.ts';
import type { ModelFiles } from './model.ts';
import { decodeSafetensors, encodeSafetensors, type Tensors } from '../numeric/safetensors.ts';

/** What every kind's folder holds; nothing in it tells when or where it was made, so equal models are equal bytes. */
export interface ModelParts<Spec extends ModelSpec = ModelSpec> {
  readonly spec: Spec;
  readonly users: Vocabulary;
  readonly movies: Vocabulary;
  readonly weights: Tensors;
  /** Mean training loss of each epoch; empty where nothing is learnt in epochs. */
  readonly losses: readonly number[];
}

const FORMAT = 1;
export const CONFIG_FILE = 'config.json';
const configSchema = z.object({ format: z.literal(FORMAT), spec: modelSpecSchema, users: z.number().int(), movies: z.number().int() });
const vocabularySchema = z.object({ users: z.array(z.string()), movies: z.array(z.string()) });
const trainingMetricsSchema = z.object({ losses: z.array(z.number()) });

/** `config.json`, `vocabulary.json` (position ↔ id), `weights.safetensors` and `metrics.json`. */
export function packModel({ spec, users, movies, weights, losses }: ModelParts): ModelFiles {
  return {
    [CONFIG_FILE]: encodeJson({ format: FORMAT, spec, users: users.size, movies: movies.size }),
    'vocabulary.json': encodeJson({ users: users.ids, movies: movies.ids }),
    'weights.safetensors': encodeSafetensors(weights),
    'metrics.json': encodeJson({ losses }),
  };
}

/**
 * @param unknown weights in which NaN stands for what is not known, such as a movie's year
 * @throws Error that names the file that is missing or is not what it should be
 * @throws Failure `ModelCorrupt` where a weight is not finite
 */
export function unpackModel<Kind extends ModelKind>(
  files: ModelFiles,
  kind: Kind,
  unknown: readonly string[] = [],
): ModelParts<SpecOf<Kind>> {
  const file = (name: string) => {
    const content = files[name];
    if (!content) throw new Error(`the model lacks ${name}`);
    return content;
  };
  const json = (name: string): unknown => JSON.parse(Buffer.from(file(name)).toString());
  const spec = readSpec(file(CONFIG_FILE));
  if (spec.kind !== kind) throw new Error(`the model is ${spec.kind}, not ${kind}`);
  const { users, movies } = vocabularySchema.parse(json('vocabulary.json'));
  return {
    spec: spec as SpecOf<Kind>,
    users: createVocabulary(users),
    movies: createVocabulary(movies),
    weights: finite(decodeSafetensors(file('weights.safetensors')).tensors, unknown),
    losses: trainingMetricsSchema.parse(json('metrics.json')).losses,
  };
}

/** The hyper-parameters that a model was trained with, those that were left out by the data's size. @param config content of `CONFIG_FILE` */
export const readSpec = (config: Uint8Array): ModelSpec => configSchema.parse(JSON.parse(Buffer.from(config).toString())).spec;

/** The values of a weight that the format says is there. */
export function weight(weights: Tensors, name: string): Float32Array {
  const tensor = weights[name];
  if (!tensor) throw new Error(`the model's weights lack ${name}`);
  return tensor.values;
}

function finite(weights: Tensors, unknown: readonly string[]): Tensors {
  for (const [name, { values }] of Object.entries(weights)) {
    const mayBeNaN = unknown.includes(name);
    // A loop: `every` takes ten times as long, and a model may have a hundred million.
    for (let at = 0; at < values.length; at += 1) {
      if (!Number.isFinite(values[at]) && !(mayBeNaN && Number.isNaN(values[at])))
        throw permanent('ModelCorrupt', `the model's weight ${name}[${at}] is ${values[at]}`);
    }
  }
  return weights;
}

const encodeJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
