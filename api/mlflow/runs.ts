import { z } from 'zod';
import {
  createClientRun,
  moveClientRun,
  readRunInfo,
  RUN_SEARCH,
  searchClientRuns,
  updateClientRun,
} from '../../domain/registry/clientRuns.ts';
import { placesOf } from '../../domain/registry/search.ts';
import { readClientRuns, type ClientRun, type RunInfo, type UsedDataset } from '../../domain/registry/wholeRuns.ts';
import type { Database } from '../../platform/postgres.ts';
import { call, type MlflowCall } from './call.ts';
import { artifactLocationOf, knownId, requireActive, requireExperiment } from './experiments.ts';
import { doesNotExist, invalidParameter, missingValue } from './faults.ts';
import { listOf, optional, optionalNumber, optionalTime, pairs, requiredText, RUN_ID, text, view } from './fields.ts';
import { RUNS } from './filter/grammars.ts';
import { parseFilter } from './filter/parseFilter.ts';
import { parseOrder } from './filter/parseOrder.ts';
import { checkLength, cut, LENGTHS } from './names.ts';
import { pageSize, readPageToken, writePageToken } from './pages.ts';
import { randomName } from './randomName.ts';

export const RUN_NAME_TAG = 'mlflow.runName';

export const createRunCalls = (db: Database): MlflowCall[] => [
  call({
    method: 'post',
    path: '/runs/create',
    role: 'operator',
    request: createSchema,
    answer: async (sent) => ({ run: await create(db, sent) }),
  }),
  call({
    method: 'get',
    path: '/runs/get',
    role: 'viewer',
    request: z.object(RUN_ID),
    answer: async (sent) => ({ run: { ...shapeOf(await requireRun(db, runIdOf(sent))) } }),
  }),
  call({
    method: 'post',
    path: '/runs/update',
    role: 'operator',
    request: updateSchema,
    answer: async (sent) => ({ run_info: await update(db, sent) }),
  }),
  ...(['delete', 'restore'] as const).map((verb) =>
    call({
      method: 'post',
      path: `/runs/${verb}`,
      role: 'operator',
      request: z.object({ run_id: requiredText }),
      answer: async ({ run_id: id }) => {
        if (!(await moveClientRun(db, id, verb === 'delete' ? 'deleted' : 'active'))) throw noRun(id);
        return {};
      },
    }),
  ),
  call({ method: 'post', path: '/runs/search', role: 'viewer', request: searchSchema, answer: (sent) => search(db, sent) }),
];

const createSchema = z.object({ experiment_id: text, user_id: text, run_name: text, start_time: optionalTime, tags: pairs });

async function create(
  db: Database,
  { experiment_id: sent, user_id: userId = '', run_name: name, start_time: startMs = 0, tags }: z.output<typeof createSchema>,
) {
  const experiment = await requireExperiment(db, sent || '0');
  requireActive(experiment);
  const { [RUN_NAME_TAG]: tagged, ...others } = Object.fromEntries(
    tags.map(({ key, value }) => [checkLength(key, LENGTHS.key, 'key'), cut(value, LENGTHS.tag)]),
  );
  if (name && tagged && name !== tagged)
    throw invalidParameter(
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values " +
        `(run_name='${name}', mlflow.runName='${tagged}').`,
    );
  const id = await createClientRun(db, {
    experimentId: experiment.experiment_id,
    name: name || tagged || randomName(),
    userId,
    startedAt: new Date(startMs),
    tags: others,
  });
  const { info, data, inputs } = shapeOf(await requireRun(db, id));
  return { info, data, inputs };
}

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
const updateSchema = z.object({
  ...RUN_ID,
  status: optional(
    z.union([
      z.enum(STATUSES),
      z
        .number()
        .int()
        .min(1)
        .max(5)
        .transform((nth) => STATUSES[nth - 1]!),
    ]),
  ),
  end_time: optionalTime,
  run_name: text,
});

async function update(db: Database, sent: z.output<typeof updateSchema>) {
  const id = runIdOf(sent);
  const { status = null, end_time: endMs, run_name: name } = sent;
  const changed = await updateClientRun(db, id, { status, endedAt: endMs === undefined ? null : new Date(endMs), name: name || null });
  const run = await readRunInfo(db, id);
  if (!run) throw noRun(id);
  if (!changed) throw notActive(run);
  return infoOf(run);
}

const searchSchema = z.object({
  experiment_ids: listOf(z.string()),
  filter: text,
  run_view_type: view,
  max_results: optionalNumber,
  order_by: listOf(z.string()),
  page_token: text,
});

async function search(db: Database, sent: z.output<typeof searchSchema>) {
  const { experiment_ids: ids, filter = '', run_view_type: stages, max_results: most, order_by: orderBy, page_token: token } = sent;
  const experimentIds = ids.map(knownId);
  const query = ['runs', experimentIds, filter, orderBy, stages];
  const orders = parseOrder(RUNS, orderBy);
  const { found, next } = await searchClientRuns(db, {
    experimentIds,
    stages,
    conditions: parseFilter(RUNS, filter),
    orders,
    limit: pageSize(most, 1_000),
    after: readPageToken(token, query, placesOf(RUN_SEARCH, orders)),
  });
  return { ...(found.length > 0 && { runs: found.map(shapeOf) }), ...(next && { next_page_token: writePageToken(query, next) }) };
}

/** @throws MlflowFault where neither name of it is sent */
export function runIdOf({ run_id: id, run_uuid: uuid }: { run_id?: string | undefined; run_uuid?: string | undefined }): string {
  const sent = id || uuid;
  if (!sent) throw missingValue('run_id');
  return sent;
}

async function requireRun(db: Database, id: string): Promise<ClientRun> {
  const [run] = await readClientRuns(db, [id]);
  if (!run) throw noRun(id);
  return run;
}

/** @throws MlflowFault for a run that is not there, or deleted */
export async function requireActiveRun(db: Database, id: string): Promise<RunInfo> {
  const run = await readRunInfo(db, id);
  if (!run) throw noRun(id);
  if (run.lifecycle_stage !== 'active') throw notActive(run);
  return run;
}

export const noRun = (id: string) => doesNotExist(`Run with id=${id} not found`);
const notActive = ({ registry_run_id: id, lifecycle_stage: stage }: RunInfo) =>
  invalidParameter(`The run ${id} must be in the 'active' state. Current state is ${stage}.`);

/** Where a run's artifacts are. */
const artifactUriOf = (run: RunInfo): string => `${artifactLocationOf(run)}/${run.registry_run_id}/artifacts`;

const infoOf = (run: RunInfo) => ({
  run_uuid: run.registry_run_id,
  experiment_id: run.experiment_id,
  run_name: run.name,
  user_id: run.user_id,
  status: run.status,
  start_time: run.start_ms,
  ...(run.end_ms !== null && { end_time: run.end_ms }),
  artifact_uri: artifactUriOf(run),
  lifecycle_stage: run.lifecycle_stage,
  run_id: run.registry_run_id,
});

const shapeOf = (run: ClientRun) => ({
  info: infoOf(run),
  data: filled({ metrics: run.metrics, params: run.params, tags: run.tags }),
  inputs: filled({
    dataset_inputs: run.datasets.map(datasetInputOf),
    model_inputs: run.model_inputs.map(({ model_id }) => ({ model_id })),
  }),
  outputs: filled({ model_outputs: run.model_outputs }),
});

function datasetInputOf({ tags, schema, profile, ...dataset }: UsedDataset) {
  return {
    ...filled({ tags }),
    dataset: { ...dataset, ...(schema !== null && { schema }), ...(profile !== null && { profile }) },
  };
}

/** Without the lists that are empty, as MLflow answers. */
const filled = (lists: Readonly<Record<string, readonly unknown[]>>) =>
  Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
