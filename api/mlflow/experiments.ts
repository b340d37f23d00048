import { z } from 'zod';
import {
  createExperiment,
  deleteExperimentTag,
  EXPERIMENT_SEARCH,
  getExperiment,
  getExperimentByName,
  moveExperiment,
  renameExperiment,
  searchExperiments,
  setExperimentTag,
  type Experiment,
} from '../../domain/registry/experiments.ts';
import { placesOf } from '../../domain/registry/search.ts';
import type { Database } from '../../platform/postgres.ts';
import { call, type MlflowCall } from './call.ts';
import { doesNotExist, invalidParameter, MlflowFault } from './faults.ts';
import { listOf, optional, optionalNumber, pairs, requiredText, text, view, type Pairs } from './fields.ts';
import { EXPERIMENTS } from './filter/grammars.ts';
import { parseFilter } from './filter/parseFilter.ts';
import { parseOrder } from './filter/parseOrder.ts';
import { checkKey, checkLength, LENGTHS } from './names.ts';
import { pageSize, readPageToken, writePageToken } from './pages.ts';

export const createExperimentCalls = (db: Database): MlflowCall[] => [
  call({
    method: 'post',
    path: '/experiments/create',
    role: 'operator',
    request: z.object({ name: requiredText, artifact_location: text, tags: pairs }),
    answer: async ({ name, artifact_location: location, tags }) => ({
      experiment_id: await createExperiment(db, {
        name: checkLength(name, LENGTHS.experimentName, 'name'),
        artifactLocation: location ? checkLocation(location) : null,
        tags: checkTags(tags),
      }),
    }),
  }),
  call({
    method: 'get',
    path: '/experiments/get',
    role: 'viewer',
    request: z.object({ experiment_id: requiredText }),
    answer: async ({ experiment_id: id }) => ({ experiment: shapeOf(await requireExperiment(db, id)) }),
  }),
  call({
    method: 'get',
    path: '/experiments/get-by-name',
    role: 'viewer',
    request: z.object({ experiment_name: requiredText }),
    answer: async ({ experiment_name: name }) => {
      const experiment = await getExperimentByName(db, name);
      if (!experiment) throw doesNotExist(`Could not find experiment with name '${name}'`);
      return { experiment: shapeOf(experiment) };
    },
  }),
  ...(['get', 'post'] as const).map((method) =>
    call({ method, path: '/experiments/search', role: 'viewer', request: searchSchema, answer: (sent) => search(db, sent) }),
  ),
  call({
    method: 'post',
    path: '/experiments/update',
    role: 'operator',
    request: z.object({ experiment_id: requiredText, new_name: text }),
    answer: async ({ experiment_id: id, new_name: name }) => {
      const { lifecycle_stage: stage } = await requireExperiment(db, id);
      if (!name) return {};
      if (stage !== 'active') throw new MlflowFault('INVALID_STATE', 'Cannot rename a non-active experiment.');
      await renameExperiment(db, id, checkLength(name, LENGTHS.experimentName, 'name'));
      return {};
    },
  }),
  ...(['delete', 'restore'] as const).map((verb) =>
    call({
      method: 'post',
      path: `/experiments/${verb}`,
      role: 'operator',
      request: z.object({ experiment_id: requiredText }),
      answer: async ({ experiment_id: id }) => {
        await moveExperiment(db, knownId(id), verb === 'delete' ? 'deleted' : 'active');
        return {};
      },
    }),
  ),
  call({
    method: 'post',
    path: '/experiments/set-experiment-tag',
    role: 'operator',
    request: z.object({ experiment_id: requiredText, key: requiredText, value: optional(z.string()) }),
    answer: async ({ experiment_id: id, key, value = '' }) => {
      const tags = checkTags([{ key, value }]);
      requireActive(await requireExperiment(db, id));
      await setExperimentTag(db, id, key, tags[key]!);
      return {};
    },
  }),
  call({
    method: 'post',
    path: '/experiments/delete-experiment-tag',
    role: 'operator',
    request: z.object({ experiment_id: requiredText, key: requiredText }),
    answer: async ({ experiment_id: id, key }) => {
      requireActive(await requireExperiment(db, id));
      if (!(await deleteExperimentTag(db, id, key))) throw doesNotExist(`No tag with name: ${key} in experiment with id ${id}`);
      return {};
    },
  }),
];

const searchSchema = z.object({
  filter: text,
  order_by: listOf(z.string()),
  max_results: optionalNumber,
  page_token: text,
  view_type: view,
});

async function search(
  db: Database,
  { filter = '', order_by: orderBy, max_results: most, page_token: token, view_type: stages }: z.output<typeof searchSchema>,
) {
  const query = ['experiments', filter, orderBy, stages];
  const orders = parseOrder(EXPERIMENTS, orderBy);
  const { found, next } = await searchExperiments(db, {
    conditions: parseFilter(EXPERIMENTS, filter),
    orders,
    limit: pageSize(most, 1_000),
    stages,
    after: readPageToken(token, query, placesOf(EXPERIMENT_SEARCH, orders)),
  });
  return {
    ...(found.length > 0 && { experiments: found.map(shapeOf) }),
    ...(next && { next_page_token: writePageToken(query, next) }),
  };
}

/** @throws MlflowFault where there is none, or what was sent can be none's id */
export async function requireExperiment(db: Database, id: string): Promise<Experiment> {
  const experiment = await getExperiment(db, knownId(id));
  if (!experiment) throw noExperiment(id);
  return experiment;
}

/** @throws MlflowFault for a deleted one */
export function requireActive({ experiment_id: id, lifecycle_stage: stage }: Experiment): void {
  if (stage !== 'active') throw invalidParameter(`The experiment ${id} must be in the 'active' state. Current state is ${stage}.`);
}

/** An id that Postgres can compare. @throws MlflowFault */
export function knownId(id: string): string {
  if (!/^\s*[+-]?\d+\s*$/.test(id)) throw invalidParameter(`Invalid experiment ID '${id}'. Experiment ID must be a valid integer.`);
  if (!Number.isSafeInteger(Number(id))) throw noExperiment(id);
  return String(Number(id));
}
const noExperiment = (id: string) => doesNotExist(`No Experiment with id=${id.trim()} exists`);

/** Where runs of an experiment have their artifacts. */
export const artifactLocationOf = ({
  experiment_id: id,
  artifact_location: own,
}: Pick<Experiment, 'experiment_id' | 'artifact_location'>): string => own ?? `mlflow-artifacts:/${id}`;

function checkLocation(location: string): string {
  if (location.startsWith('runs:')) throw invalidParameter(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  if (/[#?]/.test(location)) throw invalidParameter(`Invalid artifact location '${location}': it has a query or a fragment.`);
  return checkLength(location, LENGTHS.artifactLocation, 'artifact_location');
}

const checkTags = (tags: Pairs) =>
  Object.fromEntries(
    tags.map(({ key, value }) => [
      checkLength(checkKey(key, 'key'), LENGTHS.key, 'key'),
      checkLength(value, LENGTHS.experimentTag, 'value'),
    ]),
  );

function shapeOf(experiment: Experiment) {
  const { experiment_id, name, lifecycle_stage, updated_at: updatedAt, created_at: createdAt } = experiment;
  const tags = Object.entries(experiment.tags).map(([key, value]) => ({ key, value }));
  return {
    experiment_id,
    name,
    artifact_location: artifactLocationOf(experiment),
    lifecycle_stage,
    last_update_time: updatedAt.getTime(),
    creation_time: createdAt.getTime(),
    ...(tags.length > 0 && { tags }),
    workspace: 'default',
  };
}
