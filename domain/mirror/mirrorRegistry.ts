import { z } from 'zod';
import { oneLine } from '../../platform/oneLine.ts';
import { FileFailed } from '../../platform/mlflowFiles.ts';
import { ServerAway, ServerRefused, type MlflowServer } from '../../platform/mlflowServer.ts';
import type { Pool } from '../../platform/postgres.ts';
import { NotOurs } from './aliases.ts';
import { GONE, type Kind } from './kinds.ts';
import { beginMark, dropMark, keepMark, leaseMirror, listBehind, releaseMirror, type Behind } from './marks.ts';
import { mirrorModel, removeModel } from './models.ts';
import { mirrorRun, removeRun } from './runs.ts';
import { mirrorVersion, removeVersion, type VersionMirror } from './versions.ts';

interface Mirror extends VersionMirror {
  readonly pool: Pool;
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
/** While a file is sent */
const RENEW_EVERY_MS = 10_000;
class LeaseLost extends Error {}

interface Steps {
  /** @returns its id there; null where it is not here any more */
  readonly log: (id: string, known: string | null) => Promise<string | null>;
  readonly remove: (id: string, known: string | null) => Promise<void>;
}

/**
 * Has another MLflow server show what is here of our trainings as it is now: runs, versions, models, and that some were deleted. What was logged is marked
 * one by one, and found there by its tags where the mark was not kept any more, so that a kill at any moment leaves no double.
 * @returns null where another process is at it
 */
export async function mirrorRegistry({ owner, ...mirror }: Mirror): Promise<MirrorTurn | null> {
  const { pool, server } = mirror;
  const { url: target } = server;
  const keepLease = async () => {
    if (!(await leaseMirror(pool, target, owner))) throw new LeaseLost();
  };
  const leased = onLease(server, keepLease);
  const turn = { logged: 0, refused: 0, hasMore: false };

  async function catchUp(kind: Kind, steps: Steps): Promise<void> {
    const behind = await listBehind(pool, target, kind, AT_ONCE);
    turn.hasMore ||= behind.length === AT_ONCE;
    for (const one of behind) {
      await beginMark(pool, target, kind, one.id);
      const { mirroredAs, refusal } = await attempt(one, steps);
      if (mirroredAs === null && refusal === null) await dropMark(pool, target, kind, one.id);
      else await keepMark(pool, target, { kind, id: one.id, fingerprint: one.fingerprint, mirroredAs, refusal });
      turn[refusal === null ? 'logged' : 'refused'] += 1;
    }
  }

  try {
    await leased.ask('POST', '/experiments/search', { max_results: 1 }, z.object({}));
    await catchUp('run', {
      log: (id, known) => mirrorRun(pool, leased, id, known),
      remove: (id, known) => removeRun(pool, leased, id, known),
    });
    await catchUp('version', {
      log: (id, known) => mirrorVersion({ ...mirror, server: leased }, id, known),
      remove: (id, known) => removeVersion(leased, id, known),
    });
    await catchUp('model', { log: (name) => mirrorModel(pool, leased, name), remove: (name) => removeModel(leased, name) });
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

/** The server, asked as long as nobody else logs to it. @param keep takes the right to it for a while, or throws */
const onLease = (server: MlflowServer, keep: () => Promise<void>): MlflowServer => ({
  url: server.url,
  async ask(...request) {
    await keep();
    return server.ask(...request);
  },
  async listFiles(folder) {
    await keep();
    return server.listFiles(folder);
  },
  async putFile(path, file) {
    await keep();
    let kept = Promise.resolve();
    const timer = setInterval(() => {
      kept = kept.then(keep);
      kept.catch(() => undefined); // told when the file was sent
    }, RENEW_EVERY_MS);
    await server.putFile(path, file).finally(() => clearInterval(timer));
    await kept;
  },
});

async function attempt({ id, fingerprint, mirroredAs: known }: Behind, { log, remove }: Steps) {
  try {
    if (fingerprint !== GONE) return { mirroredAs: await logAnew(id, known, log), refusal: null };
    await remove(id, known);
    return { mirroredAs: null, refusal: null };
  } catch (error) {
    if (error instanceof ServerRefused || error instanceof NotOurs || error instanceof FileFailed)
      return { mirroredAs: null, refusal: oneLine(error) };
    throw error;
  }
}

/** What was known to be there and is gone, as after somebody emptied the server, is logged anew. */
async function logAnew(id: string, known: string | null, log: Steps['log']): Promise<string | null> {
  try {
    return await log(id, known);
  } catch (error) {
    if (known !== null && error instanceof ServerRefused && error.code === 'RESOURCE_DOES_NOT_EXIST') return log(id, null);
    throw error;
  }
}
