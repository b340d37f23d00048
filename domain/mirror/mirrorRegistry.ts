import { z } from 'zod';
import { oneLine } from '../../platform/oneLine.ts';
import { ServerAway, ServerRefused, type MlflowServer } from '../../platform/mlflowServer.ts';
import type { Pool } from '../../platform/postgres.ts';
import { keepMark, leaseMirror, listBehind, releaseMirror, type Behind, type Kind } from './marks.ts';
import { isMissing, mirrorRun } from './runs.ts';
import { mirrorVersion } from './versions.ts';

interface Mirror {
  readonly pool: Pool;
  readonly server: MlflowServer;
  /** The address below which our versions are fetched */
  readonly sources: string;
  /** Whoever logs; one at a time */
  readonly owner: string;
}

export interface MirrorTurn {
  readonly logged: number;
  readonly refused: number;
  /** Why the server was not reached; null where it was */
  readonly failure: string | null;
  readonly hasMore: boolean;
}

const AT_ONCE = 50;
class LeaseLost extends Error {}

/**
 * Logs to another MLflow server what of our trainings is not there yet as it is now: runs, then versions. What was logged is marked one by one, and found
 * there by its tags where the mark was not kept any more, so that a kill at any moment leaves no double.
 * @returns null where another process is at it
 */
export async function mirrorRegistry({ pool, server, sources, owner }: Mirror): Promise<MirrorTurn | null> {
  const { url: target } = server;
  const keepLease = async () => {
    if (!(await leaseMirror(pool, target, owner))) throw new LeaseLost();
  };
  const leased: MlflowServer = {
    url: target,
    async ask(...request) {
      await keepLease();
      return server.ask(...request);
    },
  };
  const turn = { logged: 0, refused: 0, hasMore: false };

  async function log(kind: Kind, mirror: (id: string, known: string | null) => Promise<string>): Promise<void> {
    const behind = await listBehind(pool, target, kind, AT_ONCE);
    turn.hasMore ||= behind.length === AT_ONCE;
    for (const one of behind) {
      const { mirroredAs, refusal } = await attempt(one, mirror);
      await keepMark(pool, target, { kind, id: one.id, fingerprint: one.fingerprint, mirroredAs, refusal });
      turn[refusal === null ? 'logged' : 'refused'] += 1;
    }
  }

  try {
    await leased.ask('POST', '/experiments/search', { max_results: 1 }, z.object({}));
    await log('run', (id, known) => mirrorRun(pool, leased, id, known));
    await log('version', (id, known) => mirrorVersion(pool, leased, sources, id, known));
    await releaseMirror(pool, target, owner, null);
    return { ...turn, failure: null };
  } catch (error) {
    if (error instanceof LeaseLost) return null;
    if (!(error instanceof ServerAway || error instanceof ServerRefused)) throw error;
    const failure = oneLine(error);
    await releaseMirror(pool, target, owner, failure);
    return { ...turn, failure, hasMore: false };
  }
}

/** What was known to be there and is gone, as after somebody emptied the server, is logged anew. */
async function attempt({ id, mirroredAs: known }: Behind, mirror: (id: string, known: string | null) => Promise<string>) {
  try {
    return { mirroredAs: await mirrorAnew(id, known, mirror), refusal: null };
  } catch (error) {
    if (error instanceof ServerRefused) return { mirroredAs: null, refusal: oneLine(error) };
    throw error;
  }
}

async function mirrorAnew(
  id: string,
  known: string | null,
  mirror: (id: string, known: string | null) => Promise<string>,
): Promise<string> {
  try {
    return await mirror(id, known);
  } catch (error) {
    if (known !== null && error instanceof ServerRefused && isMissing(error)) return mirror(id, null);
    throw error;
  }
}
