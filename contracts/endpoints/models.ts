import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import {
  championWarning,
  comparisonSchema,
  lineageSchema,
  modelVersionDetailSchema,
  registeredModelDetailSchema,
  registeredModelSchema,
  registryChangeSchema,
} from '../registry.ts';
import { plainText } from '../text.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'models';
const path = '/api/v1/models';
const name = z.string().min(1).max(256);
export const versionNumber = z.string().regex(/^[1-9]\d{0,8}$/, 'a version number such as 3');
/** Which of a model's versions. */
export const versionPage = z.strictObject({
  limit: integerQueryOr(100, 1, 1_000),
  cursor: versionNumber.optional().describe('`next_cursor` of the page before'),
});
/** Why somebody changes what serves: kept with the change. */
export const reason = z.string().max(5_000);
const aliased = z.object({
  name,
  alias: z
    .string()
    .max(200)
    .regex(/^[\p{L}\p{N}_-]+$/u, 'letters, digits, _ and -'),
});
const version = {
  method: 'get',
  path: `${path}/:name/versions/:version`,
  tag,
  role: 'viewer',
  params: z.object({ name, version: versionNumber }),
  problems: ['missing'],
} as const;

const report = { ...version, path: `${version.path}/report` } as const;

/** The registry: what it has, and which version an alias names. */
export const models = {
  version: {
    ...version,
    summary: 'A version with its hyper-parameters, and the data, run and code that it was made of',
    answer: modelVersionDetailSchema,
  },
  lineage: {
    ...version,
    path: `${version.path}/lineage`,
    summary: 'What a version was made of, when it was champion and why, and the routes that it answers on',
    answer: lineageSchema,
  },
  report: { ...report, summary: 'How a version was evaluated, with every figure', answer: z.record(z.string(), z.unknown()) },
  reportPage: {
    ...report,
    path: `${report.path}.html`,
    summary: 'The same as a page to look at',
    media: 'text/html',
    answer: z.string(),
  },
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Registered models, with their aliases and newest versions',
    answer: z.object({ models: z.array(registeredModelSchema) }),
  },
  get: {
    method: 'get',
    path: `${path}/:name`,
    tag,
    role: 'viewer',
    summary: "A registered model with its versions, newest first: each one's metrics and the gate's verdict on it",
    params: z.object({ name }),
    query: versionPage,
    answer: registeredModelDetailSchema,
    problems: ['missing'],
  },
  history: {
    method: 'get',
    path: `${path}/:name/history`,
    tag,
    role: 'viewer',
    summary: 'Who changed which alias or stage, when and why, newest first; also of a model that is gone',
    params: z.object({ name }),
    query: z.strictObject({ limit: integerQueryOr(100, 1, 1_000) }),
    answer: z.object({ changes: z.array(registryChangeSchema) }),
    problems: ['missing'],
  },
  compare: {
    method: 'get',
    path: `${path}/:name/compare`,
    tag,
    role: 'viewer',
    summary: 'Figures of versions side by side: rmse, mae, accuracy and those of ranking, or the metrics asked for',
    params: z.object({ name }),
    query: z.strictObject({
      versions: z
        .string()
        .max(1_000)
        .regex(/^[1-9]\d{0,8}(,[1-9]\d{0,8})*$/, 'version numbers such as 1,2')
        .optional()
        .describe('Comma separated; the ten newest when missing'),
      metrics: plainText(2_000).min(1).optional().describe('Names, comma separated'),
    }),
    answer: comparisonSchema,
    problems: ['missing'],
  },
  setAlias: {
    method: 'put',
    path: `${path}/:name/aliases/:alias`,
    tag,
    role: 'operator',
    summary: 'Points an alias at a version; `champion` is what serves',
    params: aliased,
    body: z.strictObject({ version: versionNumber, description: reason.default('') }),
    answer: registeredModelSchema.pick({ name: true, aliases: true }).extend(championWarning),
    problems: ['missing'],
  },
  removeAlias: {
    method: 'delete',
    path: `${path}/:name/aliases/:alias`,
    tag,
    role: 'operator',
    summary: 'Takes an alias away; a model without a `champion` answers no more',
    params: aliased,
    query: z.strictObject({ description: reason.default('') }),
    answer: registeredModelSchema.pick({ name: true, aliases: true }),
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
