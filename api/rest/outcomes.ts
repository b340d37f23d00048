import { outcomes } from '../../contracts/endpoints/outcomes.ts';
import { listOutcomes } from '../../domain/outcomes/readOutcomes.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createOutcomeEndpoints = ({ reportPool }: Pick<ApiDeps, 'reportPool'>): Endpoint[] => [
  endpoint(outcomes.list, ({ query }) => listOutcomes(reportPool, query)),
];
