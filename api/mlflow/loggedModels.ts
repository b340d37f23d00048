import { z } from 'zod';
import type { Order } from '../../domain/registry/conditions.ts';
import {
  addLoggedModelParams,
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  LOGGED_MODEL_SEARCH,
  LOGGED_MODEL_STATUSES,
  readLoggedModels,
  searchLoggedModels,
  setLoggedModelStatus,
  setLoggedModelTags,
  type LoggedModel,
  type LoggedModelStatus,
} from '../../domain/registry/loggedModels.ts';
import { placesOf } from '../../domain/registry/search.ts';
import type { Database } from '../../platform/postgres.ts';
import { call, type MlflowCall } from './call.ts';
import { artifactLocationOf, knownId, requireActive, requireExperiment } from './experiments.ts';
import { doesNotExist, invalidParameter, missingValue } from './faults.ts';
import { listOf, optional, optionalNumber, pairs, requiredText, text, type Pairs } from './fields.ts';
import { LOGGED_MODELS } from './filter/grammars.ts';
import { parseFilter } from './filter/parseFilter.ts';
import { checkOrderLength, orderKeyOf } from './filter/parseOrder.ts';
import { checkKey, checkLength, LENGTHS } from './names.ts';
import { pageSize, readPageToken, writePageToken } from './pages.ts';
import { randomName } from './randomName.ts';

const WIRE_STATUS: Record<LoggedModelStatus, string> = {
  UNSPECIFIED: 'LOGGED_MODEL_STATUS_UNSPECIFIED',
  PENDING: 'LOGGED_MODEL_PENDING',
  READY: 'LOGGED_MODEL_READY',
  FAILED: 'LOGGED_MODEL_UPLOAD_FAILED',
};
const STATUS_OF_WIRE = new Map(
  LOGGED_MODEL_STATUSES.flatMap(
    (status, nth) =>
      [
        [WIRE_STATUS[status], status],
        [String(nth), status],
      ] as const,
  ),
);
const status = z.union([z.string(), z.number()]).transform((sent, context) => {
  const known = STATUS_OF_WIRE.get(String(sent));
  if (!known) context.addIssue('it is no status of a logged model');
  return known ?? 'UNSPECIFIED';
});
const MODEL_ID = { model_id: requiredText };
const AT = '/logged-models/:model_id';

export const createLoggedModelCalls = (db: Database): MlflowCall[] => [
  call({
    method: 'post',
    path: '/logged-models',
    role: 'operator',
    request: createSchema,
    answer: async (sent) => ({ model: await create(db, sent) }),
  }),
  call({ method: 'post', path: '/logged-models/search', role: 'viewer', request: searchSchema, answer: (sent) => search(db, sent) }),
  call({
    method: 'get',
    path: AT,
    role: 'viewer',
    request: z.object({ ...MODEL_ID, allow_deleted: z.enum(['true', 'false']).optional() }),
    answer: async ({ model_id: id, allow_deleted: deleted }) => ({
      model: shapeOf(await requireModel(db, id, deleted === 'true' ? ['active', 'deleted'] : ['active'])),
    }),
  }),
  call({
    method: 'patch',
    path: AT,
    role: 'operator',
    request: z.object({ ...MODEL_ID, status }),
    answer: async ({ model_id: id, status: sent }) => {
      if (!(await setLoggedModelStatus(db, id, sent))) throw noModel(id);
      return { model: shapeOf(await requireModel(db, id, ['active', 'deleted'])) };
    },
  }),
  call({
    method: 'delete',
    path: AT,
    role: 'operator',
    request: z.object(MODEL_ID),
    answer: async ({ model_id: id }) => {
      if (!(await deleteLoggedModel(db, id))) throw noModel(id);
      return {};
    },
  }),
  call({
    method: 'patch',
    path: `${AT}/tags`,
    role: 'operator',
    request: z.object({ ...MODEL_ID, tags: pairs }),
    answer: async ({ model_id: id, tags }) => {
      await requireModel(db, id);
      await setLoggedModelTags(db, id, textsOf(tags));
      return {};
    },
  }),
  call({
    method: 'delete',
    path: `${AT}/tags/:tag_key`,
    role: 'operator',
    request: z.object({ ...MODEL_ID, tag_key: requiredText }),
    answer: async ({ model_id: id, tag_key: key }) => {
      await requireModel(db, id);
      if (!(await deleteLoggedModelTag(db, id, key))) throw doesNotExist(`No tag with key '${key}' found for model with ID '${id}'.`);
      return {};
    },
  }),
  call({
    method: 'post',
    path: `${AT}/params`,
    role: 'operator',
    request: z.object({ ...MODEL_ID, params: pairs }),
    answer: async ({ model_id: id, params }) => {
      await requireModel(db, id);
      const changed = await addLoggedModelParams(db, id, textsOf(params));
      if (changed.length > 0)
        throw invalidParameter(`Changing param values is not allowed. Params were already logged for model '${id}': ${changed.join(', ')}`);
      return {};
    },
  }),
];

const createSchema = z.object({
  experiment_id: requiredText,
  name: text,
  model_type: text,
  source_run_id: text,
  params: pairs,
  tags: pairs,
});

async function create(db: Database, sent: z.output<typeof createSchema>) {
  const { experiment_id: experimentId, name, model_type: modelType = '', source_run_id: sourceRunId = '', params, tags } = sent;
  const experiment = await requireExperiment(db, experimentId);
  requireActive(experiment);
  const id = await createLoggedModel(db, {
    experimentId: experiment.experiment_id,
    name: name ? checkName(name) : randomName(),
    modelType,
    sourceRunId,
    params: textsOf(params),
    tags: textsOf(tags),
  });
  return shapeOf(await requireModel(db, id));
}

const FORBIDDEN = ['/', ':', '.', '%', '"', "'"];
function checkName(name: string): string {
  if (FORBIDDEN.some((character) => name.includes(character)))
    throw invalidParameter(
      `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ` +
        `('/', ':', '.', '%', '"', "'")`,
    );
  return checkLength(name, LENGTHS.experimentName, 'name');
}

const textsOf = (sent: Pairs) =>
  Object.fromEntries(
    sent.map(({ key, value }) => [
      checkLength(checkKey(key, 'key'), LENGTHS.key, 'key'),
      checkLength(value, LENGTHS.experimentTag, 'value'),
    ]),
  );

const searchSchema = z.object({
  experiment_ids: listOf(z.string()),
  filter: text,
  datasets: listOf(z.object({ dataset_name: text, dataset_digest: text })),
  max_results: optionalNumber,
  order_by: listOf(z.object({ field_name: requiredText, ascending: optional(z.boolean()) })),
  page_token: text,
});

async function search(db: Database, sent: z.output<typeof searchSchema>) {
  const { experiment_ids: ids, filter = '', datasets, max_results: most, order_by: orderBy, page_token: token } = sent;
  if (ids.length === 0) throw missingValue('experiment_ids');
  if (datasets.some(({ dataset_name: name }) => !name))
    throw invalidParameter('`dataset_name` in the `datasets` clause must be specified.');
  const experimentIds = ids.map(knownId);
  checkOrderLength(orderBy);
  const orders = orderBy.map(orderOf);
  const query = ['logged models', experimentIds, filter, orders, datasets];
  const { found, next } = await searchLoggedModels(db, {
    experimentIds,
    datasets: datasets.map(({ dataset_name: name, dataset_digest: digest }) => ({ name: name!, digest: digest || null })),
    conditions: parseFilter(LOGGED_MODELS, filter),
    orders,
    limit: pageSize(most || undefined, 100),
    after: readPageToken(token, query, placesOf(LOGGED_MODEL_SEARCH, orders)),
  });
  return { ...(found.length > 0 && { models: found.map(shapeOf) }), ...(next && { next_page_token: writePageToken(query, next) }) };
}

function orderOf({ field_name: name, ascending = true }: { field_name: string; ascending?: boolean | undefined }): Order {
  const dot = name.indexOf('.');
  if (dot === -1) return { ...orderKeyOf(LOGGED_MODELS, { on: 'attribute', key: name }), ascending };
  if (name.slice(0, dot) !== 'metrics') throw invalidParameter(`Invalid order by field name: ${name}. Only metrics are supported.`);
  return { on: 'metric', key: name.slice(dot + 1), ascending };
}

async function requireModel(db: Database, id: string, stages?: readonly string[]): Promise<LoggedModel> {
  const [model] = await readLoggedModels(db, [id], stages);
  if (!model) throw noModel(id);
  return model;
}
const noModel = (id: string) => doesNotExist(`Logged model with ID '${id}' not found.`);

const shapeOf = (model: LoggedModel) => ({
  info: {
    model_id: model.model_id,
    experiment_id: model.experiment_id,
    name: model.name,
    creation_timestamp_ms: model.created_ms,
    last_updated_timestamp_ms: model.updated_ms,
    artifact_uri: `${artifactLocationOf(model)}/models/${model.model_id}/artifacts`,
    status: WIRE_STATUS[model.status],
    model_type: model.model_type,
    source_run_id: model.source_run_id,
    ...(model.tags.length > 0 && { tags: model.tags }),
  },
  data: {
    ...(model.params.length > 0 && { params: model.params }),
    ...(model.metrics.length > 0 && { metrics: model.metrics }),
  },
});
