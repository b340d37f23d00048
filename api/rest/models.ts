import { z } from 'zod';
import { missing } from '../../contracts/failures.ts';
import { registeredModelDetailSchema, registeredModelSchema } from '../../contracts/registry.ts';
import { getModel, listModels } from '../../domain/registry/models.ts';
import { readReport, type ReportForm } from '../../domain/registry/evaluationReports.ts';
import type { BlobStore } from '../../platform/blobs.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const tag = 'models';
const name = z.string().min(1).max(256);
const params = z.object({ name });
const versionParams = z.object({ name, version: z.string().regex(/^[1-9]\d{0,8}$/, 'a version number such as 3') });

/** The registry, to read. */
export const createModelEndpoints = ({ pool, blobs }: { pool: Pool; blobs: BlobStore }): Endpoint[] => [
  ...createReportEndpoints(pool, blobs),
  endpoint(
    {
      method: 'get',
      path: '/api/v1/models',
      tag,
      role: 'viewer',
      summary: 'Registered models, with their aliases and newest versions',
      answer: z.object({ models: z.array(registeredModelSchema) }),
    },
    async () => ({ models: await listModels(pool) }),
  ),
  endpoint(
    {
      method: 'get',
      path: '/api/v1/models/:name',
      tag,
      role: 'viewer',
      summary: "A registered model with every version's metrics and the gate's verdict on it",
      params,
      answer: registeredModelDetailSchema,
      problems: ['missing'],
    },
    async ({ params: { name } }) => {
      const model = await getModel(pool, name);
      if (!model) throw missing(`There is no registered model ${name}`);
      return model;
    },
  ),
];

function createReportEndpoints(pool: Pool, blobs: BlobStore): Endpoint[] {
  const read = async ({ name, version }: z.infer<typeof versionParams>, form: ReportForm) => {
    const report = await readReport({ db: pool, blobs }, { name, version, form });
    if (!report) throw missing(`There is no evaluation report of version ${version} of model ${name}`);
    return report.toString();
  };
  const report = { method: 'get', tag, role: 'viewer', params: versionParams, problems: ['missing'] } as const;
  const path = '/api/v1/models/:name/versions/:version/report';
  return [
    endpoint(
      { ...report, path, summary: 'How a version was evaluated, with every figure', answer: z.record(z.string(), z.unknown()) },
      async ({ params }) => JSON.parse(await read(params, 'json')) as unknown,
    ),
    endpoint(
      { ...report, path: `${path}.html`, summary: 'The same as a page to look at', media: 'text/html', answer: z.string() },
      ({ params }) => read(params, 'html'),
    ),
  ];
}
