import { z } from 'zod';
import { batchRecommendationsInputSchema } from '../contracts/batch.ts';
import { collectionInputSchema } from '../contracts/collection.ts';
import { dataImportInputSchema } from '../contracts/dataImport.ts';
import { materializationInputSchema } from '../contracts/materialization.ts';
import { notFound } from '../contracts/problem.ts';
import { modelSweepInputSchema } from '../contracts/sweep.ts';
import { trainingInputSchema } from '../contracts/training.ts';
import { tmdbCollectionInputSchema, tmdbRetentionInputSchema } from '../contracts/tmdb.ts';
import { STARTABLE_WORKFLOWS, type StartableWorkflow } from '../contracts/workflows.ts';
import { parse } from '../platform/http/validate.ts';

const CATALOGUE: Record<StartableWorkflow, { description: string; input: z.ZodType }> = {
  movieDataCollection: { description: 'Collects movies and ratings from a source into the catalogue', input: collectionInputSchema },
  dataImport: { description: 'Imports a MovieLens set from a folder, a zip or an address', input: dataImportInputSchema },
  featureMaterialization: {
    description: 'Computes feature views and brings the latest values online',
    input: materializationInputSchema,
  },
  movieTrainingPipeline: {
    description: 'Prepares a snapshot of the data, then trains, evaluates and registers each model',
    input: trainingInputSchema,
  },
  modelSweep: { description: 'Looks for good hyper-parameters of one kind of model within a budget', input: modelSweepInputSchema },
  batchRecommendations: {
    description: 'Works out the best movies for every user, into a table and to Kafka',
    input: batchRecommendationsInputSchema,
  },
  tmdbCollection: {
    description: 'Collects titles and their details from TMDB, to show; needs TMDB_API_KEY',
    input: tmdbCollectionInputSchema,
  },
  tmdbRetention: {
    description: 'Refreshes what TMDB said before it is too old, and erases what is',
    input: tmdbRetentionInputSchema,
  },
};

export const workflowSchema = z.object({
  name: z.string(),
  description: z.string(),
  input_schema: z.record(z.string(), z.unknown()).describe('JSON Schema (2020-12) of the input'),
});

/** The workflows that a caller starts by name. */
export const listWorkflows = (): z.infer<typeof workflowSchema>[] =>
  STARTABLE_WORKFLOWS.map((name) => ({
    name,
    description: CATALOGUE[name].description,
    input_schema: z.toJSONSchema(CATALOGUE[name].input, { io: 'input' }),
  }));

/** @throws Problem 404 that lists the names there are */
export function startableWorkflow(name: string): StartableWorkflow {
  const known = STARTABLE_WORKFLOWS.find((candidate) => candidate === name);
  if (!known) throw notFound(`There is no workflow ${name} to start; there are ${STARTABLE_WORKFLOWS.join(', ')}`);
  return known;
}

export const workflowInputSchema = (workflow: StartableWorkflow): z.ZodType => CATALOGUE[workflow].input;

/** @throws Problem 422 that names the field, such as `body.input.models.0.epochs` */
export const parseWorkflowInput = (workflow: StartableWorkflow, input: unknown): unknown =>
  parse(z.object({ input: CATALOGUE[workflow].input }), { input }, 'body').input;
