import { quality } from '../../contracts/endpoints/quality.ts';
import { runIdOf } from '../../contracts/endpoints/runParams.ts';
import { missing } from '../../contracts/failures.ts';
import { listReports, readQualityReport } from '../../domain/imports/quality/qualityReports.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createQualityEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(quality.list, async ({ query }) => ({ reports: await listReports(pool, query) })),
  endpoint(quality.get, async ({ params }) => {
    const report = await readQualityReport(pool, runIdOf(params));
    if (!report) throw missing(`There is no quality report of ${runIdOf(params)}: it has checked no data, or not yet`);
    return report;
  }),
];
