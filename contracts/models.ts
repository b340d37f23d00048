import { z } from 'zod';
import ease from '../domain/recommender/models/ease/spec.ts';
import ensemble from '../domain/recommender/models/ensemble/spec.ts';
import ials from '../domain/recommender/models/ials/spec.ts';
import itemKnn from '../domain/recommender/models/item_knn/spec.ts';
import moviePredictor from '../domain/recommender/models/movie_predictor/spec.ts';
import neuralCf from '../domain/recommender/models/neural_cf/spec.ts';
import popularity from '../domain/recommender/models/popularity/spec.ts';
import sasrec from '../domain/recommender/models/sasrec/spec.ts';
import type { PrimaryMetric } from './modelSpec.ts';

/** Every kind of model: one line, and one folder under domain/recommender/models/ of the kind's name. */
const KINDS = [popularity, itemKnn, ease, ials, neuralCf, sasrec, ensemble, moviePredictor] as const;

type SchemasOf<Kinds extends readonly { schema: z.ZodObject }[]> = { readonly [At in keyof Kinds]: Kinds[At]['schema'] };
export const modelSpecSchema = z.discriminatedUnion('kind', KINDS.map(({ schema }) => schema) as unknown as SchemasOf<typeof KINDS>);
export type ModelSpec = z.infer<typeof modelSpecSchema>;
export type SpecOf<Kind extends ModelKind> = Extract<ModelSpec, { kind: Kind }>;

/** Kinds of model. A registered model is named after its kind. */
export type ModelKind = ModelSpec['kind'];
export const MODEL_KINDS: readonly ModelKind[] = KINDS.map(({ schema }) => schema.shape.kind.value);
export const modelKindSchema = z.enum(MODEL_KINDS as [ModelKind, ...ModelKind[]]);

/** What a kind is judged by. */
export const PRIMARY_METRIC = Object.fromEntries(
  KINDS.map(({ schema, primaryMetric }) => [schema.shape.kind.value, primaryMetric]),
) as Readonly<Record<ModelKind, PrimaryMetric>>;

/** Alias of the version that serves. */
export const CHAMPION = 'champion';
/** Alias of the newest version that is not, or not yet, the champion. */
export const CHALLENGER = 'challenger';
