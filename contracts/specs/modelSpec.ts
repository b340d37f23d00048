import { z } from 'zod';

/** What a kind is judged by, and in which direction it is better. */
export interface PrimaryMetric {
  readonly name: 'full_ndcg_at_10' | 'rmse';
  readonly better: 'higher' | 'lower';
}
/** Among all movies, as a list is served: against 99 drawn ones a model can be ahead that is behind there. */
export const BY_RANKING = { name: 'full_ndcg_at_10', better: 'higher' } as const satisfies PrimaryMetric;
export const BY_RATING = { name: 'rmse', better: 'lower' } as const satisfies PrimaryMetric;

type Direction = Pick<PrimaryMetric, 'better'>;
/** By how much one figure is better than another: above 0 where it is, whatever the metric. */
export const gainOf = ({ better }: Direction, figure: number, other: number): number =>
  better === 'higher' ? figure - other : other - figure;
export const bestFigure = ({ better }: Direction, figures: readonly number[]): number =>
  better === 'higher' ? Math.max(...figures) : Math.min(...figures);

/**
 * What a kind of model's file in `specs/` exports by default: its hyper-parameters with their ranges, and what it is judged by.
 * @param toRate the hyper-parameters with which it predicts ratings; left out where it never does
 */
export const kindSpec = <
  Schema extends z.ZodObject<{ kind: z.ZodLiteral<string> }>,
  const ToRate extends Readonly<Record<string, unknown>> | undefined = undefined,
>(
  schema: Schema,
  primaryMetric: PrimaryMetric,
  toRate?: ToRate,
) => ({ schema: namingParameters(schema), primaryMetric, toRate: toRate as ToRate });

/** The same, and what is no hyper-parameter of the kind is refused with those that are. */
function namingParameters<Schema extends z.ZodObject<{ kind: z.ZodLiteral<string> }>>(schema: Schema): Schema {
  const { kind, ...parameters } = schema.shape;
  const names = Object.keys(parameters).join(', ') || 'none';
  const error: z.core.$ZodErrorMap = (issue) =>
    issue.code === 'unrecognized_keys' ? `${issue.keys.join(', ')}: no hyper-parameter of ${kind.value}, which has ${names}` : undefined;
  return z.strictObject(schema.shape, { error }) as unknown as Schema;
}

// Hyper-parameters that several kinds have.
export const seed = z.number().int().min(0).max(2_147_483_647).default(42).describe('Seed of every random choice of the run');
export const epochs = z.number().int().min(1).max(500);
export const patience = z
  .number()
  .int()
  .min(0)
  .max(500)
  .describe('Epochs that are worse on validation than the best after which learning ends, with the best; 0: all epochs, and the last');
export const batchSize = z.number().int().min(16).max(65_536);
export const learningRate = z.number().gt(0).max(1);

/** Sizes of training data. Hyper-parameters whose best value grows or falls with the data have one default a size. */
export const DATA_SIZES = ['small', 'medium', 'large'] as const;
export type DataSize = (typeof DATA_SIZES)[number];
const MEDIUM_FROM = 500_000;
const LARGE_FROM = 5_000_000;
const dataSizeOf = (interactions: number): DataSize =>
  interactions < MEDIUM_FROM ? 'small' : interactions < LARGE_FROM ? 'medium' : 'large';

/** A hyper-parameter that may be left out: `settle` then puts the default for the data's size in its place. */
export const bySize = <Name extends string>(
  field: z.ZodNumber,
  name: Name,
  defaults: Readonly<Record<DataSize, Readonly<Record<Name, number>>>>,
  what: string,
) => {
  const [small, medium, large] = DATA_SIZES.map((size) => defaults[size][name]);
  const text = `${small} below ${MEDIUM_FROM} interactions, ${medium} below ${LARGE_FROM}, ${large} from there`;
  return field.optional().describe(`${what}. Default: ${small === medium && medium === large ? small : text}`);
};

/** The hyper-parameters as they are used: those left out by the data's size. */
export const settle = <Spec extends object, Defaults extends object>(
  spec: Spec,
  defaults: Readonly<Record<DataSize, Defaults>>,
  interactions: number,
): Spec & Defaults => ({ ...defaults[dataSizeOf(interactions)], ...spec });
