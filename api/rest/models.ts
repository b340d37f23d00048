import { models } from '../../contracts/endpoints/models.ts';
import { missing } from '../../contracts/failures.ts';
import { CHAMPION } from '../../contracts/models.ts';
import type { RegisteredModel, RegisteredModelDetail } from '../../contracts/registry.ts';
import { removeAlias, setAlias } from '../../domain/registry/aliases.ts';
import { withAuthor } from '../../domain/registry/author.ts';
import { compareVersions } from '../../domain/registry/compare.ts';
import { listChanges } from '../../domain/registry/history.ts';
import { readLineage } from '../../domain/registry/lineage.ts';
import { getModel, listModels, readVersionDetail } from '../../domain/registry/models.ts';
import { warnOfUnserved } from '../../domain/registry/unserved.ts';
import { routesOf } from '../../domain/serving/choose.ts';
import { listRoutes } from '../../domain/serving/routeTable.ts';
import { readEvaluationReport, type ReportForm } from '../../domain/registry/evaluationReports.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export function createModelEndpoints({ pool, blobs }: { pool: Pool; blobs: BlobStore }): Endpoint[] {
  const read = async ({ name, version }: { name: string; version: string }, form: ReportForm) => {
    const report = await readEvaluationReport({ db: pool, blobs }, { name, version, form });
    if (!report) throw missing(`There is no evaluation report of version ${version} of model ${name}`);
    return report.toString();
  };
  const readModel = (name: string) => readModelPage(pool, name, { limit: 1 });
  return [
    endpoint(models.version, async ({ params: { name, version } }) => {
      const found = await readVersionDetail(pool, name, version);
      if (!found) throw missing(`There is no version ${version} of model ${name}`);
      return found;
    }),
    endpoint(models.report, async ({ params }) => JSON.parse(await read(params, 'json')) as Record<string, unknown>),
    endpoint(models.reportPage, ({ params }) => read(params, 'html')),
    endpoint(models.list, async () => ({ models: await listModels(pool) })),
    endpoint(models.get, ({ params: { name }, query }) => readModelPage(pool, name, query)),
    endpoint(models.history, async ({ params: { name }, query: { limit } }) => {
      const changes = await listChanges(pool, name, limit);
      if (changes.length === 0) await readModel(name);
      return { changes };
    }),
    endpoint(models.compare, ({ params: { name }, query: { versions, metrics } }) =>
      compareVersions(pool, { name, versions: versions?.split(',') ?? null, metrics: metrics?.split(',') ?? null }),
    ),
    endpoint(models.lineage, async ({ params: { name, version } }) => {
      const lineage = await readLineage(pool, name, version);
      if (!lineage) throw missing(`There is no version ${version} of model ${name}`);
      return { ...lineage, routes: routesOf(await listRoutes(pool), lineage.version) };
    }),
    endpoint(models.setAlias, async ({ params: { name, alias }, body: { version, description: reason }, principal }) => {
      const warning = await withAuthor(pool, { name: principal.name, reason }, async (db) => {
        const unserved = alias === CHAMPION ? await warnOfUnserved(db, { name, version }) : undefined;
        await setAlias(db, { name, alias, version });
        return unserved;
      });
      return { ...aliasesOf(await readModel(name)), ...warning };
    }),
    endpoint(models.removeAlias, async ({ params: { name, alias }, query: { description: reason }, principal }) => {
      await readModel(name);
      await withAuthor(pool, { name: principal.name, reason }, (db) => removeAlias(db, name, alias));
      return aliasesOf(await readModel(name));
    }),
  ];
}

/** @throws Failure `missing` */
export async function readModelPage(
  pool: Pool,
  name: string,
  { limit, cursor: before }: { limit: number; cursor?: string | undefined },
): Promise<RegisteredModelDetail> {
  const model = await getModel(pool, name, { limit, before });
  if (!model) throw missing(`There is no registered model ${name}`);
  return model;
}
const aliasesOf = ({ name, aliases }: RegisteredModel) => ({ name, aliases });
