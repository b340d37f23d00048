import { z } from 'zod';
import { listUsedDatasets } from '../../../domain/registry/usedDatasets.ts';
import type { Database } from '../../../platform/postgres.ts';
import { call, type MlflowCall } from '../call.ts';
import { knownId } from '../experiments.ts';
import { invalidParameter } from '../faults.ts';
import { listOf } from '../fields.ts';

const EXPERIMENTS_OF_REQUEST = 20;
const CONTEXT_TAG = 'mlflow.data.context';

/** An answer that is the same whoever asks for whatever. */
const always = (method: 'get' | 'post', path: string, body: object): MlflowCall =>
  call({ method, path, role: 'viewer', request: z.object({}), answer: () => Promise.resolve(body) });

/** What MLflow's web page asks beside the calls of its clients, of the second version of the API. */
export const createPageCalls = (db: Database): MlflowCall[] => [
  call({
    method: 'post',
    path: '/experiments/search-datasets',
    role: 'viewer',
    request: z.object({ experiment_ids: listOf(z.string()) }),
    async answer({ experiment_ids: ids }) {
      if (ids.length === 0) throw invalidParameter('SearchDatasets request must specify at least one experiment_id.');
      if (ids.length > EXPERIMENTS_OF_REQUEST)
        throw invalidParameter(
          `SearchDatasets request cannot specify more than ${EXPERIMENTS_OF_REQUEST} experiment_ids. Received ${ids.length} experiment_ids.`,
        );
      const used = await listUsedDatasets(db, ids.map(knownId), CONTEXT_TAG);
      return used.length > 0
        ? { dataset_summaries: used.map(({ context, ...of }) => ({ ...of, ...(context !== null && { context }) })) }
        : {};
    },
  }),
  // MLflow says the same where it has no gateway
  always('get', '/gateway-proxy', { endpoints: [] }),
  always('post', '/gateway-proxy', { endpoints: [] }),
];

/**
 * What it asks of the third version, in the words of an MLflow that has none of it: traces, sets for evaluation, a gateway to language models, scorers, MCP
 * servers. Nothing of what its users do is reported.
 */
export const PAGE_CALLS_3: readonly MlflowCall[] = [
  always('get', '/ui-telemetry', { disable_ui_events: [], disable_ui_telemetry: true, ui_rollout_percentage: 0 }),
  always('post', '/ui-telemetry', { status: 'disabled' }),
  always('get', '/assistant/config', { providers: {}, projects: {}, remote_access_allowed: false }),
  always('get', '/assistant/providers', { providers: [], resolved: null, gateway_vendor_options: {} }),
  always('get', '/datasets/search', {}),
  always('post', '/datasets/search', {}),
  always('post', '/traces/search', {}),
  always('post', '/traces/metrics', {}),
  always('get', '/scorers/list', {}),
  always('post', '/issues/search', { next_page_token: '' }),
  always('get', '/mcp-servers', { mcp_servers: [], next_page_token: null }),
  ...['endpoints', 'secrets', 'model-definitions', 'budgets', 'guardrails'].map((kept) => always('get', `/gateway/${kept}/list`, {})),
  always('get', '/gateway/budgets/windows', {}),
  always('get', '/gateway/secrets/config', { secrets_available: false, using_default_passphrase: false }),
  always('get', '/gateway/supported-providers', { providers: [] }),
];
