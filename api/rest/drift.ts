import { drift } from '../../contracts/endpoints/drift.ts';
import { missing } from '../../contracts/failures.ts';
import { readConsequence } from '../../domain/drift/consequence.ts';
import { listDecisions } from '../../domain/drift/decisions.ts';
import { listReports, readReport, readReportPage } from '../../domain/drift/reports.ts';
import { decidePush, listPushes } from '../../domain/pushes/pushes.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export function createDriftEndpoints({ pool, blobs }: Pick<ApiDeps, 'pool' | 'blobs'>): Endpoint[] {
  const orMissing = <T>(id: string, found: T | null): T => {
    if (found === null) throw missing(`There is no drift report ${id}`);
    return found;
  };
  return [
    endpoint(drift.list, async ({ query }) => ({ reports: await listReports(pool, query) })),
    // Before the report itself, whose path takes `<id>.html` for an id.
    endpoint(drift.page, async ({ params: { report_id: id } }) => orMissing(id, await readReportPage({ db: pool, blobs }, id))),
    endpoint(drift.get, async ({ params: { report_id: id } }) => orMissing(id, await readReport(pool, id))),
    endpoint(drift.consequence, async ({ params: { report_id: id } }) => readConsequence(pool, orMissing(id, await readReport(pool, id)))),
    endpoint(drift.decisions, async ({ query }) => ({ decisions: await listDecisions(pool, query) })),
    endpoint(drift.pushes, async ({ query: { limit } }) => ({ pushes: await listPushes(pool, limit) })),
    endpoint(drift.decidePush, ({ params, body, principal }) =>
      decidePush(pool, { pushId: params.push_id, isApproved: body.decision === 'approve', by: principal.name, reason: body.reason }),
    ),
  ];
}
