import { audit } from '../../contracts/endpoints/audit.ts';
import { listAudit } from '../../domain/audit/auditLog.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createAuditEndpoints = ({ reportPool }: Pick<ApiDeps, 'reportPool'>): Endpoint[] => [
  endpoint(audit.list, ({ query }) => listAudit(reportPool, query)),
];
