import { z } from 'zod';
import { deleteRunTag, updateClientRun } from '../../domain/registry/clientRuns.ts';
import { logModelMetrics, type ModelMetricPoint } from '../../domain/registry/loggedModels.ts';
import { logRunDatasets, logRunModels } from '../../domain/registry/runInputs.ts';
import { addParams, logActiveMetrics, logMetrics, setRunTags, type MetricPoint } from '../../domain/registry/runs.ts';
import type { UsedDataset } from '../../domain/registry/wholeRuns.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { call, type MlflowCall } from './call.ts';
import { doesNotExist, invalidParameter } from './faults.ts';
import { double, listOf, optional, optionalNumber, pairs, requiredText, RUN_ID, text, time, type Pairs } from './fields.ts';
import { checkKey, checkLength, cut, LENGTHS } from './names.ts';
import { recordModelHistory } from './modelHistory.ts';
import { requireActiveRun, RUN_NAME_TAG, runIdOf } from './runs.ts';

const metricSchema = z.object({
  key: requiredText,
  value: double,
  timestamp: time,
  step: optionalNumber,
  model_id: text,
  dataset_name: text,
  dataset_digest: text,
});
type SentMetric = z.output<typeof metricSchema>;

export const createLoggingCalls = (pool: Pool): MlflowCall[] => [
  call({
    method: 'post',
    path: '/runs/log-metric',
    role: 'operator',
    request: metricSchema.extend(RUN_ID),
    answer: async (sent) => {
      checkMetric(sent, 'name');
      await logPoints(pool, runIdOf(sent), [sent]);
      return {};
    },
  }),
  call({
    method: 'post',
    path: '/runs/log-parameter',
    role: 'operator',
    request: z.object({ ...RUN_ID, key: requiredText, value: optional(z.string()) }),
    answer: async ({ key, value = '', ...sent }) => {
      const params = checkParams([{ key, value }], () => 'key');
      const { registry_run_id: id } = await requireActiveRun(pool, runIdOf(sent));
      const [changed] = await addParams(pool, id, params);
      if (changed)
        throw invalidParameter(
          `Changing param values is not allowed. Param with key='${key}' was already logged with value='${changed.logged}' ` +
            `for run ID='${id}'. Attempted logging new value '${changed.sent}'.`,
        );
      return {};
    },
  }),
  call({ method: 'post', path: '/runs/log-batch', role: 'operator', request: batchSchema, answer: (sent) => logBatch(pool, sent) }),
  call({
    method: 'post',
    path: '/runs/set-tag',
    role: 'operator',
    request: z.object({ ...RUN_ID, key: requiredText, value: optional(z.string()) }),
    answer: async ({ key, value = '', ...sent }) => {
      const tags = checkTags([{ key, value }], () => 'key');
      const { registry_run_id: id } = await requireActiveRun(pool, runIdOf(sent));
      await writeTags(pool, id, tags);
      return {};
    },
  }),
  call({
    method: 'post',
    path: '/runs/delete-tag',
    role: 'operator',
    request: z.object({ run_id: requiredText, key: requiredText }),
    answer: async ({ run_id: id, key }) => {
      await requireActiveRun(pool, id);
      if (!(await deleteRunTag(pool, id, key))) throw doesNotExist(`No tag with name: ${key} in run with id ${id}`);
      return {};
    },
  }),
  call({ method: 'post', path: '/runs/log-inputs', role: 'operator', request: inputsSchema, answer: (sent) => logInputs(pool, sent) }),
  call({
    method: 'post',
    path: '/runs/outputs',
    role: 'operator',
    request: z.object({ run_id: requiredText, models: listOf(z.object({ model_id: requiredText, step: optionalNumber })) }),
    answer: async ({ run_id: id, models }) => {
      await requireActiveRun(pool, id);
      await logRunModels(
        pool,
        id,
        'output',
        models.map(({ model_id, step = 0 }) => ({ model_id, step })),
      );
      return {};
    },
  }),
  call({
    method: 'post',
    path: '/runs/log-model',
    role: 'operator',
    request: z.object({ run_id: requiredText, model_json: requiredText }),
    answer: async ({ run_id: id, model_json: model }) => {
      await recordModelHistory(pool, id, model);
      return {};
    },
  }),
];

const batchSchema = z.object({ run_id: requiredText, metrics: listOf(metricSchema), params: pairs, tags: pairs });

async function logBatch(pool: Pool, { run_id: id, metrics, params, tags }: z.output<typeof batchSchema>): Promise<object> {
  if (!/^[a-zA-Z0-9][\w-]{0,255}$/.test(id)) throw invalidParameter(`Invalid value ${JSON.stringify(id)} for parameter 'run_id' supplied.`);
  metrics.forEach((metric, nth) => checkMetric(metric, `metrics[${nth}].name`));
  const checkedParams = checkParams(params, (nth) => `params[${nth}].key`);
  const checkedTags = checkTags(tags, (nth) => `tags[${nth}].key`);
  checkCounts(metrics.length, params.length, tags.length);
  checkOnce(params.map(({ key }) => key));
  if (params.length === 0 && tags.length === 0) await logPoints(pool, id, metrics);
  else
    await withTransaction(pool, async (db) => {
      await requireActiveRun(db, id);
      if (params.length > 0) await writeParams(db, id, checkedParams);
      if (metrics.length > 0) await writeMetrics(db, id, metrics);
      if (tags.length > 0) await writeTags(db, id, checkedTags);
    });
  return {};
}

/** Metrics alone: whole or not at all, in one statement where it can be one. @throws MlflowFault for a run that is not there, or deleted */
async function logPoints(pool: Pool, id: string, metrics: readonly SentMetric[]): Promise<void> {
  const isOfRunAlone = metrics.every(({ model_id }) => !model_id);
  if (isOfRunAlone && metrics.length > 0 && (await logActiveMetrics(pool, id, metrics.map(pointOf)))) return;
  await withTransaction(pool, async (db) => {
    await requireActiveRun(db, id);
    if (metrics.length > 0) await writeMetrics(db, id, metrics);
  });
}

async function writeParams(db: Database, id: string, params: Readonly<Record<string, string>>): Promise<void> {
  const changed = await addParams(db, id, params);
  if (changed.length === 0) return;
  const list = changed.map(({ key, logged, sent }) => `{'key': '${key}', 'old_value': '${logged}', 'new_value': '${sent}'}`).join(', ');
  throw invalidParameter(`Changing param values is not allowed. Params were already logged='[${list}]' for run ID='${id}'.`);
}

async function writeMetrics(db: Database, id: string, metrics: readonly SentMetric[]): Promise<void> {
  const points = metrics.map(pointOf);
  await logMetrics(db, id, points);
  const ofModels = metrics.flatMap((metric, nth): ModelMetricPoint[] =>
    metric.model_id
      ? [{ ...points[nth]!, modelId: metric.model_id, datasetName: metric.dataset_name ?? '', datasetDigest: metric.dataset_digest ?? '' }]
      : [],
  );
  if (ofModels.length > 0) await logModelMetrics(db, id, ofModels);
}

/** What a run is called is no tag of its own. */
async function writeTags(db: Database, id: string, { [RUN_NAME_TAG]: name, ...tags }: Readonly<Record<string, string>>): Promise<void> {
  if (name) await updateClientRun(db, id, { status: null, endedAt: null, name });
  await setRunTags(db, id, tags);
}

/** Infinities are kept as the largest numbers, as MLflow's databases do. */
const pointOf = ({ key, value, timestamp, step = 0 }: SentMetric): MetricPoint => ({
  key,
  value: Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE),
  step,
  recordedAt: new Date(timestamp),
});

function checkMetric({ key, value, timestamp }: SentMetric, at: string): void {
  checkKey(key, at);
  if (timestamp < 0)
    throw invalidParameter(
      `Invalid value ${timestamp} for parameter '${at.replace(/name$/, 'timestamp')}' supplied: metric '${key}' (value=${value}). ` +
        'Timestamp must be a nonnegative long (64-bit integer) ',
    );
  checkLength(key, LENGTHS.key, 'Metric name');
}

const checkParams = (params: Pairs, at: (nth: number) => string) =>
  Object.fromEntries(
    params.map(({ key, value }, nth) => [checkLength(checkKey(key, at(nth)), LENGTHS.key, 'Param key'), cut(value, LENGTHS.param)]),
  );

const checkTags = (tags: Pairs, at: (nth: number) => string) =>
  Object.fromEntries(
    tags.map(({ key, value }, nth) => [checkLength(checkKey(key, at(nth)), LENGTHS.key, at(nth)), cut(value, LENGTHS.tag)]),
  );

function checkCounts(metrics: number, params: number, tags: number): void {
  const limits = [
    ['metrics', 1_000, metrics],
    ['params', 100, params],
    ['tags', 100, tags],
    ['metrics, params, and tags', 1_000, metrics + params + tags],
  ] as const;
  for (const [what, most, sent] of limits)
    if (sent > most)
      throw invalidParameter(
        `A batch logging request can contain at most ${most} ${what}. Got ${sent} ${what}. ` +
          `Please split up ${what} across multiple requests and try again.`,
      );
}

function checkOnce(keys: readonly string[]): void {
  const twice = keys.filter((key, nth) => keys.indexOf(key) !== nth);
  if (twice.length > 0)
    throw invalidParameter(
      `Duplicate parameter keys have been submitted: [${twice.map((key) => `'${key}'`).join(', ')}]. ` +
        'Please ensure the request contains only one param value per param key.',
    );
}

const inputsSchema = z.object({
  run_id: requiredText,
  datasets: listOf(
    z.object({
      tags: pairs,
      dataset: z.object({
        name: requiredText,
        digest: requiredText,
        source_type: z.string(),
        source: z.string(),
        schema: text,
        profile: text,
      }),
    }),
  ),
  models: listOf(z.object({ model_id: requiredText })),
});

async function logInputs(pool: Pool, { run_id: id, datasets, models }: z.output<typeof inputsSchema>): Promise<object> {
  const used = datasets.map(({ tags, dataset: { schema, profile, ...dataset } }): UsedDataset => {
    const checked = { ...dataset, schema: schema ?? null, profile: profile ?? null };
    for (const [field, most] of Object.entries(LENGTHS.dataset))
      checkLength(checked[field as keyof typeof LENGTHS.dataset] ?? '', most, field);
    for (const tag of tags) for (const field of ['key', 'value'] as const) checkLength(tag[field], LENGTHS.inputTag[field], field);
    return { ...checked, tags };
  });
  await requireActiveRun(pool, id);
  if (used.length > 0) await logRunDatasets(pool, id, used);
  if (models.length > 0)
    await logRunModels(
      pool,
      id,
      'input',
      models.map(({ model_id }) => ({ model_id, step: 0 })),
    );
  return {};
}
