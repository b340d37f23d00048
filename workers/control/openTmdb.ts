import { createTmdbClient, type TmdbClient } from '../../domain/tmdb/client.ts';
import { createPacedRequests } from '../../platform/pacedRequests.ts';
import type { ProcessContext } from '../../platform/process.ts';

/** TMDB's staff speak of 20 connections an address; half of that keeps 35 requests/s up. */
const CONNECTIONS = 10;
const ANSWER_TIMEOUT_MS = 30_000;

/** The one client of TMDB in the process, so that all its activities together keep to the pace. */
export function openTmdb({ config: { tmdb }, log, onShutdown }: ProcessContext): TmdbClient {
  const requests = createPacedRequests({
    requestsPerSecond: tmdb.requestsPerSecond,
    connections: CONNECTIONS,
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  onShutdown('tmdb', () => requests.close());
  return createTmdbClient({ url: tmdb.url, apiKey: tmdb.apiKey, requests, log });
}
