import { z } from 'zod';
import * as specs from '../domain/recommender/models/specs.ts';
import type { PrimaryMetric } from './modelSpec.ts';

const KINDS = Object.values(specs);

type Schema = (typeof KINDS)[number]['schema'];
export const modelSpecSchema = z.discriminatedUnion('kind', KINDS.map(({ schema }) => schema) as [Schema, ...Schema[]]);
export type ModelSpec = z.infer<typeof modelSpecSchema>;
export type SpecOf<Kind extends ModelKind> = Extract<ModelSpec, { kind: Kind }>;

/** Kinds of model. A registered model is named after its kind. */
export type ModelKind = ModelSpec['kind'];
export const MODEL_KINDS: readonly ModelKind[] = KINDS.map(({ schema }) => schema.shape.kind.value);
export const modelKindSchema = z.enum(MODEL_KINDS as [ModelKind, ...ModelKind[]]);

/** The hyper-parameters of a kind. */
export const schemaOf = (kind: ModelKind): Schema => KINDS.find(({ schema }) => schema.shape.kind.value === kind)!.schema;

/** What a kind is judged by. */
export const PRIMARY_METRIC = Object.fromEntries(
  KINDS.map(({ schema, primaryMetric }) => [schema.shape.kind.value, primaryMetric]),
) as Readonly<Record<ModelKind, PrimaryMetric>>;

/** The kinds that can predict ratings, with the hyper-parameters with which they do. */
export const RATING_KINDS: ReadonlyMap<ModelKind, Readonly<Record<string, unknown>>> = new Map(
  KINDS.flatMap(({ schema, toRate }) => (toRate ? [[schema.shape.kind.value, toRate] as const] : [])),
);

/** Alias of the version that serves. */
export const CHAMPION = 'champion';
/** Alias of the newest version that is not, or not yet, the champion. */
export const CHALLENGER = 'challenger';
