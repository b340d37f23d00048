import { z } from 'zod';
import * as specs from './specs/index.ts';
import { BY_RATING, type PrimaryMetric } from './specs/modelSpec.ts';

const KINDS = Object.values(specs);

type Schema = (typeof KINDS)[number]['schema'];
export const modelSpecSchema = z.discriminatedUnion('kind', KINDS.map(({ schema }) => schema) as [Schema, ...Schema[]]);
export type ModelSpec = z.infer<typeof modelSpecSchema>;
export type SpecOf<Kind extends ModelKind> = Extract<ModelSpec, { kind: Kind }>;

/** Kinds of model. */
export type ModelKind = ModelSpec['kind'];
export const MODEL_KINDS: readonly ModelKind[] = KINDS.map(({ schema }) => schema.shape.kind.value);
export const modelKindSchema = z.enum(MODEL_KINDS as [ModelKind, ...ModelKind[]]);

/** The hyper-parameters of a kind. */
export const schemaOf = (kind: ModelKind): Schema => KINDS.find(({ schema }) => schema.shape.kind.value === kind)!.schema;

/** The kinds that can predict ratings, with the hyper-parameters with which they do. */
export const RATING_KINDS: ReadonlyMap<ModelKind, Readonly<Record<string, unknown>>> = new Map(
  KINDS.flatMap(({ schema, toRate }) => (toRate ? [[schema.shape.kind.value, toRate] as const] : [])),
);

/**
 * Names of registered models. A model is named after its kind; one of a kind that must be told to learn ratings, and was, after both: it is judged by
 * another metric, so it has champions of its own.
 */
export type ModelName = ModelKind | `${KindToldToRate}_rating`;
type KindToldToRate = { [Kind in ModelKind]: keyof (typeof specs)[Kind]['toRate'] extends never ? never : Kind }[ModelKind];
const NAMED_APART = [...RATING_KINDS].flatMap(([kind, toRate]) =>
  Object.keys(toRate).length > 0 ? [{ name: `${kind as KindToldToRate}_rating` as const, kind, toRate }] : [],
);
export const MODEL_NAMES: readonly ModelName[] = [...MODEL_KINDS, ...NAMED_APART.map(({ name }) => name)];
export const modelNameSchema = z.enum(MODEL_NAMES as [ModelName, ...ModelName[]]);

/** The name that a model of these hyper-parameters is registered under. */
export const nameOf = (spec: { readonly kind: ModelKind; readonly [parameter: string]: unknown }): ModelName =>
  NAMED_APART.find(({ kind, toRate }) => kind === spec.kind && Object.entries(toRate).every(([key, value]) => spec[key] === value))?.name ??
  spec.kind;

/** Whether a model of these hyper-parameters predicts ratings. */
export function predictsRatings(spec: { readonly kind: ModelKind; readonly [parameter: string]: unknown }): boolean {
  const toRate = RATING_KINDS.get(spec.kind);
  return toRate !== undefined && Object.entries(toRate).every(([key, value]) => spec[key] === value);
}

/** Hyper-parameters of a model of this name; those left out have their defaults. */
export const specOfName = (name: ModelName): { kind: ModelKind } => {
  const apart = NAMED_APART.find((model) => model.name === name);
  return apart ? { kind: apart.kind, ...apart.toRate } : { kind: name as ModelKind };
};

/** What the models of a name are judged by. */
export const PRIMARY_METRIC = Object.fromEntries([
  ...KINDS.map(({ schema, primaryMetric }) => [schema.shape.kind.value, primaryMetric]),
  ...NAMED_APART.map(({ name }) => [name, BY_RATING]),
]) as Readonly<Record<ModelName, PrimaryMetric>>;

/** Alias of the version that serves. */
export const CHAMPION = 'champion';
/** Alias of the newest version that is not, or not yet, the champion. */
export const CHALLENGER = 'challenger';
