import { randomUUID } from 'node:crypto';
import { CONTROL } from '../../contracts/metrics/control.ts';
import { readMirror } from '../../domain/mirror/marks.ts';
import { mirrorRegistry } from '../../domain/mirror/mirrorRegistry.ts';
import { startLoop } from '../../platform/loop.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { addMetrics } from '../../platform/metrics.ts';
import { createMlflowServer } from '../../platform/mlflowServer.ts';
import { listen, type Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 15_000;

/**
 * Where MLFLOW_MIRROR_URI is set, has that server show runs, models and versions as they are here: soon after each registration, and whatever was missed when that server, or this
 * process, is back. Nothing waits for it, and a server that is away is told and not a fault of this process.
 */
export function mirrorToServer(
  { config, log, metrics, onShutdown }: Pick<ProcessContext, 'config' | 'log' | 'metrics' | 'onShutdown'>,
  { pool, blobs }: { pool: Pool; blobs: BlobStore },
): void {
  const { mirror, ports, database } = config;
  if (!mirror) return;
  const ending = new AbortController();
  const server = createMlflowServer(mirror, ending.signal);
  const sources = mirror.sources ?? `http://127.0.0.1:${ports.MLFLOW_PORT}/ajax-api/2.0/mlflow-artifacts/artifacts`;
  const owner = randomUUID();
  const { registry_mirror_reached: reached, registry_mirror_behind: behind } = addMetrics(metrics, CONTROL.mirror);
  let wasReached = true;

  const loop = startLoop({ name: 'registry mirror', restMs: LOOK_EVERY_MS, log }, async () => {
    const turn = await mirrorRegistry({ pool, server, sources, files: { blobs, most: mirror.filesMost }, owner }).catch(
      (error: unknown) => {
        if (ending.signal.aborted) return null;
        throw error;
      },
    );
    if (turn === null) return false;
    const state = await readMirror(pool, server.url);
    reached.set(turn.failure === null ? 1 : 0);
    behind.set(state.behind.runs + state.behind.models + state.behind.versions);
    if (turn.failure !== null && wasReached) log.warn({ why: turn.failure }, 'the mirror is not reached; it is caught up when it is back');
    if (turn.failure === null && !wasReached) log.info('the mirror is reached again');
    if (turn.logged + turn.refused > 0) log.info({ logged: turn.logged, refused: turn.refused, ...state.behind }, 'logged to the mirror');
    wasReached = turn.failure === null;
    return turn.hasMore;
  });
  const changes = listen({ url: database.directUrl ?? database.url, channel: 'registry_changed', log }, () => loop.wake());
  onShutdown('registry mirror', async () => {
    ending.abort();
    await changes.stop();
    await loop.stop();
  });
}
