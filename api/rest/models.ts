import { models } from '../../contracts/endpoints/models.ts';
import { missing } from '../../contracts/failures.ts';
import { getModel, listModels, readVersionDetail } from '../../domain/registry/models.ts';
import { readEvaluationReport, type ReportForm } from '../../domain/registry/evaluationReports.ts';
import type { BlobStore } from '../../platform/blobs.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export function createModelEndpoints({ pool, blobs }: { pool: Pool; blobs: BlobStore }): Endpoint[] {
  const read = async ({ name, version }: { name: string; version: string }, form: ReportForm) => {
    const report = await readEvaluationReport({ db: pool, blobs }, { name, version, form });
    if (!report) throw missing(`There is no evaluation report of version ${version} of model ${name}`);
    return report.toString();
  };
  return [
    endpoint(models.version, async ({ params: { name, version } }) => {
      const found = await readVersionDetail(pool, name, version);
      if (!found) throw missing(`There is no version ${version} of model ${name}`);
      return found;
    }),
    endpoint(models.report, async ({ params }) => JSON.parse(await read(params, 'json')) as Record<string, unknown>),
    endpoint(models.reportPage, ({ params }) => read(params, 'html')),
    endpoint(models.list, async () => ({ models: await listModels(pool) })),
    endpoint(models.get, async ({ params: { name } }) => {
      const model = await getModel(pool, name);
      if (!model) throw missing(`There is no registered model ${name}`);
      return model;
    }),
  ];
}
