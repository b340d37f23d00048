import { workflows } from '../../contracts/endpoints/workflows.ts';
import { listWorkflows } from '../workflowCatalogue.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createWorkflowEndpoints = (): Endpoint[] => [endpoint(workflows.list, async () => ({ workflows: listWorkflows() }))];
