import { z } from 'zod';
import { missing } from '../../contracts/failures.ts';
import { qualityPageSchema, qualityReportSchema } from '../../contracts/quality.ts';
import { listReports, readReport } from '../../domain/imports/quality/qualityReports.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { integerQuery } from './integerQuery.ts';
import { runIdOf, runParams } from './runParams.ts';

const tag = 'data';
const listQuery = z.object({
  dataset: z.string().min(1).max(1_000).optional().describe('Such as `ml-1m`; `movielens` is the sample'),
  limit: integerQuery(1, 200).default(50),
});

/** What the quality gates found in data before it was published, or was not. */
export const createQualityEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(
    {
      method: 'get',
      path: '/api/v1/data/quality',
      tag,
      summary: 'Quality reports, newest first',
      role: 'viewer',
      query: listQuery,
      answer: qualityPageSchema,
    },
    async ({ query }) => ({ reports: await listReports(pool, query) }),
  ),
  endpoint(
    {
      method: 'get',
      path: '/api/v1/data/quality/:subject/:run',
      tag,
      summary: 'What each rule found in the data of a run',
      role: 'viewer',
      params: runParams,
      answer: qualityReportSchema,
      problems: ['missing'],
    },
    async ({ params }) => {
      const report = await readReport(pool, runIdOf(params));
      if (!report) throw missing(`There is no quality report of ${runIdOf(params)}: it has checked no data, or not yet`);
      return report;
    },
  ),
];
