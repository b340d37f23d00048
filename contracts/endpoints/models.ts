import { z } from 'zod';
import { modelVersionDetailSchema, registeredModelDetailSchema, registeredModelSchema } from '../registry.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'models';
const path = '/api/v1/models';
const name = z.string().min(1).max(256);
const version = {
  method: 'get',
  path: `${path}/:name/versions/:version`,
  tag,
  role: 'viewer',
  params: z.object({ name, version: z.string().regex(/^[1-9]\d{0,8}$/, 'a version number such as 3') }),
  problems: ['missing'],
} as const;

const report = { ...version, path: `${version.path}/report` } as const;

/** The registry, to read. */
export const models = {
  version: {
    ...version,
    summary: 'A version with its hyper-parameters, and the data, run and code that it was made of',
    answer: modelVersionDetailSchema,
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
    summary: "A registered model with every version's metrics and the gate's verdict on it",
    params: z.object({ name }),
    answer: registeredModelDetailSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
