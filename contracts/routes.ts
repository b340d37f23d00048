import { z } from 'zod';
import { CHAMPION, modelNameSchema, type ModelName } from './models.ts';
import { diversitySchema, explorationSchema } from './ordering.ts';
import { MODELS_OF_VARIANT, SALT_CHARACTERS, SHADOWS_OF_ROUTE, VARIANTS_OF_ROUTE } from './sizes.ts';
import { plainText } from './text.ts';
import { TREND_WINDOWS, TRENDING } from './trends.ts';

/** Names of routes and of their variants. */
export const routeNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'at most 40 small letters, digits, _ and -');

const MODEL_REF = /^([a-z][a-z0-9_]{0,63})(?:@([A-Za-z0-9_-]{1,256})|\/([1-9]\d{0,8}))$/;
/** What trends, as a route names it. */
const TRENDING_REFS: readonly string[] = TREND_WINDOWS.map((window) => `${TRENDING}@${window}`);
/** A version of a model as a route names it: by an alias that moves, `ease@champion`, or by its number, `ease/3`; or what trends, `trending@hour`. */
const modelRefSchema = z
  .string()
  .regex(MODEL_REF, 'a model and its alias or version, such as ease@champion or ease/3')
  .refine(
    (ref) => TRENDING_REFS.includes(ref) || modelNameSchema.safeParse(MODEL_REF.exec(ref)?.[1]).success,
    `no kind of model here has this name; what trends is ${TRENDING_REFS.join(' or ')}`,
  );
export type ModelRef = string;

/** What may answer: a model of the registry, or what trends. */
export type AnsweringName = ModelName | typeof TRENDING;

/** @returns the model with the alias or the version that the reference names; of what trends the alias is the window */
export function readModelRef(ref: ModelRef): { readonly name: AnsweringName; readonly alias?: string; readonly version?: string } {
  const [, name, alias, version] = MODEL_REF.exec(ref)!;
  return { name: name as AnsweringName, ...(alias !== undefined && { alias }), ...(version !== undefined && { version }) };
}

const championOf = (name: ModelName): ModelRef => `${name}@${CHAMPION}`;
/** Whoever no model of a variant can answer for gets what everybody likes. */
export const LAST_RESORT: ModelRef = championOf('popularity');

const models = z
  .array(modelRefSchema)
  .min(1)
  .max(MODELS_OF_VARIANT)
  .describe('The preferred one first: the next answers for whom it cannot. `popularity@champion` comes last by itself');

export const variantSchema = z.strictObject({
  name: routeNameSchema,
  weight: z.number().min(0).max(1_000_000).default(1).describe('Its share of the users is its part of the sum of all weights'),
  models,
  diversity: diversitySchema.optional().describe('Of its answers, where a request says nothing else; 0 when missing'),
  exploration: explorationSchema.optional().describe('How often others than the best are shown, the same all day; 0 when missing'),
});
export type Variant = z.infer<typeof variantSchema>;

/** What a route is made of. */
export const routeSpecFields = {
  variants: z
    .array(variantSchema)
    .min(1)
    .max(VARIANTS_OF_ROUTE)
    .describe('A user stays with the variant that a hash of their id gives them'),
  shadows: z
    .array(z.strictObject({ name: routeNameSchema, models }))
    .max(SHADOWS_OF_ROUTE)
    .default([])
    .describe('Asked beside the variant that answers and written down, but never shown'),
  salt: plainText(SALT_CHARACTERS).min(1).optional().describe('Another one deals the users out anew; the name of the route when missing'),
};

/** What no single field shows: weights of nobody, two variants of one name. */
export function checkRoute({ variants, shadows }: Pick<RouteSpec, 'variants' | 'shadows'>, context: z.RefinementCtx): void {
  const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['variants'], message });
  if (variants.every(({ weight }) => weight === 0)) refuse('the weights sum to 0, so that nobody would be answered');
  const names = [...variants, ...shadows].map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) refuse(`two variants are named ${twice}`);
}

export const routeSpecSchema = z.strictObject(routeSpecFields).superRefine(checkRoute);
export interface RouteSpec {
  readonly variants: readonly Variant[];
  readonly shadows: readonly Pick<Variant, 'name' | 'models'>[];
  readonly salt?: string | undefined;
}

/** The route that answers where none is named. */
export const DEFAULT_ROUTE = 'default';
/** The guide's: movie_predictor. */
export const LEGACY_ROUTE = 'legacy';

const onlyVariant = (...names: readonly ModelName[]): RouteSpec => ({
  variants: [{ name: 'main', weight: 1, models: names.map(championOf) }],
  shadows: [],
});

/**
 * Routes that are there without anybody setting them, and again when theirs is removed. An `ensemble` is made to be better than its members; `ease` and
 * `ials` rank better than `neural_cf` on MovieLens (docs/evaluation.md), and answer also whom they have not learnt from.
 */
export const BUILT_IN_ROUTES: Readonly<Record<string, RouteSpec>> = {
  [DEFAULT_ROUTE]: onlyVariant('ensemble', 'sasrec', 'ease', 'ials', 'neural_cf', 'item_knn'),
  [LEGACY_ROUTE]: onlyVariant('movie_predictor'),
};

/** Every model that a route may ask, the last resort among them. */
export const refsOf = ({ variants, shadows }: RouteSpec): ModelRef[] => [
  ...new Set([...[...variants, ...shadows].flatMap(({ models: named }) => named), LAST_RESORT]),
];

export const routeSchema = z.object({
  route: z.string(),
  revision: z.number().int().describe('0: as built in'),
  variants: z.array(
    z.object({
      name: z.string(),
      weight: z.number(),
      models: z.array(z.string()),
      diversity: z.number().optional(),
      exploration: z.number().optional(),
    }),
  ),
  shadows: z.array(z.object({ name: z.string(), models: z.array(z.string()) })),
  salt: z.string().optional(),
  changed_at: z.iso.datetime().nullable().describe('Null of a route that is as built in'),
  changed_by: z.string().nullable(),
  reason: z.string(),
});
export type ServedRoute = z.infer<typeof routeSchema>;

export const routeChangeSchema = z.object({
  revision: z.number().int(),
  spec: routeSchema.pick({ variants: true, shadows: true, salt: true }).nullable().describe('Null: as built in, or not there'),
  restores: z.number().int().nullable().describe('Of an undo: the revision whose variants these are'),
  changed_at: z.iso.datetime(),
  changed_by: z.string(),
  reason: z.string(),
});
export type RouteChange = z.infer<typeof routeChangeSchema>;
