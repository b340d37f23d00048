import { z } from 'zod';
import {
  championWarning,
  experimentSchema,
  mirrorStateSchema,
  modelVersionSchema,
  registeredModelDetailSchema,
  registeredModelSchema,
  stageSchema,
} from '../registry.ts';
import { plainText } from '../text.ts';
import type { EndpointDescription } from './endpoint.ts';
import { reason, versionNumber, versionPage } from './models.ts';

const tag = 'registry';
const path = '/mlflow';
const name = z.string().min(1).max(256);
const description = reason.default('').describe('Why; kept in the history of the model');

/** The registry as the execution guide asks it. */
export const registry = {
  experiments: {
    method: 'get',
    path: `${path}/experiments`,
    tag,
    role: 'viewer',
    summary: 'Experiments, newest first, with how many runs each has',
    answer: z.object({ experiments: z.array(experimentSchema) }),
  },
  createExperiment: {
    method: 'post',
    path: `${path}/experiments`,
    tag,
    role: 'operator',
    summary: 'Makes an experiment',
    body: z.strictObject({ name: plainText(500).min(1), description: z.string().max(5_000).default('') }),
    answer: experimentSchema,
    problems: ['conflict'],
  },
  models: {
    method: 'get',
    path: `${path}/models`,
    tag,
    role: 'viewer',
    summary: 'Registered models, with their aliases and newest versions',
    answer: z.object({ models: z.array(registeredModelSchema) }),
  },
  model: {
    method: 'get',
    path: `${path}/models/:name`,
    tag,
    role: 'viewer',
    summary: 'A registered model with its versions, newest first',
    params: z.object({ name }),
    query: versionPage,
    answer: registeredModelDetailSchema,
    problems: ['missing'],
  },
  stageTransition: {
    method: 'post',
    path: `${path}/models/stage-transition`,
    tag,
    role: 'operator',
    summary: 'Labels a version with a stage; which one serves is decided by the alias `champion`',
    body: z.strictObject({
      model_name: name,
      version: versionNumber,
      stage: stageSchema,
      archive_existing_versions: z.boolean().default(false).describe('Archives the other versions of that stage'),
      description,
    }),
    answer: modelVersionSchema,
    problems: ['missing'],
  },
  promote: {
    method: 'post',
    path: `${path}/models/:name/promote-to-production`,
    tag,
    role: 'operator',
    summary:
      'Makes a version that passed the gate champion and puts it in Production; 409 with the rules and their numbers where it did not pass',
    params: z.object({ name }),
    body: z
      .strictObject({
        version: versionNumber,
        description,
        force: z.boolean().default(false).describe('Also where the gate was not passed; needs a description'),
      })
      .refine(({ force, description: why }) => !force || why.trim() !== '', {
        path: ['description'],
        message: 'say why the gate is passed over',
      }),
    answer: modelVersionSchema.extend(championWarning),
    problems: ['missing', 'conflict'],
  },
  mirror: {
    method: 'get',
    path: '/api/v1/registry/mirror',
    tag,
    role: 'viewer',
    summary: 'Whether the MLflow server of MLFLOW_MIRROR_URI is reached, and how far behind it is',
    answer: z.object({ mirror: mirrorStateSchema.nullable().describe('null where there is none') }),
  },
  reset: {
    method: 'post',
    path: '/api/v1/registry/reset',
    tag,
    role: 'admin',
    summary: 'Empties the registry, for tests of compatibility; refused unless the API was started with ALLOW_REGISTRY_RESET=1',
    answer: z.object({ experiments: z.number().int(), runs: z.number().int(), models: z.number().int() }).describe('How many went'),
    problems: ['conflict'],
  },
} as const satisfies Record<string, EndpointDescription>;
