import { z } from 'zod';
import { clip, recordOf, workflowInputField } from './bounded.ts';
import { modelKindSchema, modelSpecSchema, RATING_KINDS, schemaOf, type ModelKind } from './models.ts';
import { FAULTS, ID_CHARACTERS } from './sizes.ts';
import { chosenSetsSchema, datasetRefSchema, metricsSchema, splitKindSchema } from './training.ts';

/** More than any kind has. */
const MAX_PARAMETERS = 64;
const value = z.union([z.number(), z.string().max(ID_CHARACTERS), z.boolean(), z.array(z.number()).max(64)]);
const rangeSchema = z
  .strictObject({
    min: z.number(),
    max: z.number(),
    scale: z.enum(['linear', 'log']).default('linear').describe('log: as many draws between 0.001 and 0.01 as between 0.01 and 0.1'),
    integer: z.boolean().default(false),
  })
  .refine(({ min, max }) => min < max, { path: ['max'], message: 'must be more than min' })
  .refine(({ min, scale }) => scale === 'linear' || min > 0, { path: ['min'], message: 'must be more than 0 on a log scale' });

/** Where one hyper-parameter is looked for: in a list, or in a range. */
export const dimensionSchema = z.union([z.array(value).min(1).max(64), rangeSchema]);
export type Dimension = z.output<typeof dimensionSchema>;

const sweepSchema = z.strictObject({
  kind: modelKindSchema,
  space: recordOf(z.string().max(ID_CHARACTERS), dimensionSchema, MAX_PARAMETERS)
    .refine((space) => Object.keys(space).length > 0, 'at least one hyper-parameter')
    .describe(
      'Hyper-parameters to look for, such as {"learning_rate": {"min": 0.0005, "max": 0.01, "scale": "log"}, "embedding_dim": [16, 32]}',
    ),
  base: workflowInputField.default({}).describe('Hyper-parameters that stay as they are; the others have their defaults'),
  strategy: z
    .enum(['random', 'halving'])
    .default('random')
    .describe('random: each trial by itself; halving: all begin, and round by round the best go on with more epochs'),
  trials: z.number().int().min(1).max(200).default(12).describe('The budget: how many points of the space are tried'),
  patience: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(2)
    .describe('random: a trial ends after so many epochs without a better validation figure'),
  first_epochs: z.number().int().min(1).max(500).default(1).describe('halving: epochs of the first round'),
  factor: z.number().int().min(2).max(10).default(3).describe('halving: of so many one goes on, with so many times the epochs'),
  max_parallel: z.number().int().min(1).max(16).default(2),
  seed: z.number().int().min(0).max(2_147_483_647).default(42).describe('Of the split, the negatives and the points that are tried'),
  split: splitKindSchema.default('leave_one_out'),
  sets: chosenSetsSchema,
  experiment: z.string().min(1).max(200).default('movie_recommendation'),
});

export const modelSweepInputSchema = sweepSchema.superRefine(({ kind, space, base, strategy }, context) => {
  const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  for (const name of Object.keys(base)) if (name in space) fault(['base', name], 'is in the space as well');
  for (const [name, dimension] of Object.entries(space)) {
    if (!knows(kind, name)) fault(['space', name], `${kind} has no such hyper-parameter`);
    else if (name in (RATING_KINDS.get(kind) ?? {})) fault(['space', name], 'says what a trial is judged by; give it in base');
    else for (const message of faultsOf({ kind, ...base }, name, dimension)) fault(['space', name], message);
  }
  if (strategy !== 'halving') return;
  if (!knows(kind, 'epochs')) fault(['strategy'], `${kind} learns in one go, so there is nothing to halve; take random`);
  if ('epochs' in space) fault(['space', 'epochs'], 'halving chooses the epochs; give the most in base.epochs');
});
export type ModelSweepInput = z.input<typeof sweepSchema>;
export type ModelSweep = z.output<typeof sweepSchema>;

const knows = (kind: ModelKind, name: string) => name !== 'kind' && name in schemaOf(kind).shape;

/** What the kind's own schema says of the dimension's values, the ends of a range standing for all between them. */
function faultsOf(spec: Record<string, unknown>, name: string, dimension: Dimension): string[] {
  const values = Array.isArray(dimension)
    ? dimension
    : [dimension.min, dimension.max].map((end) => (dimension.integer ? Math.round(end) : end));
  const faults = values.flatMap((candidate) => {
    const parsed = modelSpecSchema.safeParse({ ...spec, [name]: candidate });
    return parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) =>
          clip(`${JSON.stringify(candidate)}: ${path.join('.')}: ${message}`, FAULTS.messageCharacters),
        );
  });
  return [...new Set(faults)].slice(0, FAULTS.most);
}

/** What one training of a trial came to, judged on the validation rows alone. */
export const trialOutcomeSchema = z.object({
  value: z.number().describe('Best validation figure of the metric the kind is judged by'),
  epochs: z.number().int().nullable().describe('After how many epochs it was that; null for a kind that learns in one go'),
  trained_epochs: z.number().int().nullable(),
  metrics: metricsSchema.describe('Validation figures at the best epoch'),
  checks: z.array(z.object({ epoch: z.number().int(), value: z.number() })),
  train_ms: z.number(),
});
export type TrialOutcome = z.infer<typeof trialOutcomeSchema>;

export const sweepTrialSchema = z.object({
  trial: z.number().int(),
  state: z.enum(['finished', 'halted', 'failed']).describe('halted: others of its round were better'),
  spec: modelSpecSchema,
  outcome: trialOutcomeSchema.nullable(),
  error: z.string().nullable(),
  registry_run_id: z.string(),
});
export type SweepTrial = z.infer<typeof sweepTrialSchema>;

export const modelSweepResultSchema = z.object({
  dataset: datasetRefSchema,
  registry_run_id: z.string().describe('Parent of the trials in the registry'),
  metric: z.string().describe('Validation figure that the trials are compared by'),
  better: z.enum(['higher', 'lower']),
  best: z.object({ trial: z.number().int(), value: z.number(), spec: modelSpecSchema }).describe('The spec to train with'),
  trials: z.array(sweepTrialSchema),
});
export type ModelSweepResult = z.infer<typeof modelSweepResultSchema>;
