import { z } from 'zod';
import { createClient } from '../../../../client/index.ts';
import { mirrorText } from '../../../../contracts/mirrorText.ts';
import type { Config } from '../../../../platform/config.ts';
import { createMlflowServer } from '../../../../platform/mlflowServer.ts';

const LOOK_MS = 5_000;

/** @returns that it is reached, and where the API runs how far behind it is. @throws Error that says why it is not reached */
export async function lookAtMirror({ mirror, client: { apiUrl, apiKey } }: Pick<Config, 'mirror' | 'client'>): Promise<string> {
  if (!mirror) return 'MLFLOW_MIRROR_URI is not set: the registry is logged nowhere else';
  const server = createMlflowServer(mirror, AbortSignal.timeout(LOOK_MS));
  await server.ask('POST', '/experiments/search', { max_results: 1 }, z.object({}));
  const api = createClient({ url: apiUrl, ...(apiKey !== undefined && { apiKey }) });
  const { mirror: state } = await api.registry.mirror({ signal: AbortSignal.timeout(LOOK_MS) }).catch(() => ({ mirror: null }));
  if (state && state.refused.length > 0) throw new Error(mirrorText(state));
  return state ? mirrorText({ ...state, failure: null }) : `${mirror.url} answers`;
}
