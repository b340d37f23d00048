import type { PlatformState } from '../../contracts/system.ts';
import { askSeldom } from '../../platform/askSeldom.ts';
import { createLook } from './look.ts';
import { createProcessLook, type ProcessSources } from './processes.ts';
import { readLatestCheck, systemsOf } from './systems.ts';

/** Many pages that look at once cost each engine one look. */
const REUSE_MS = 1_000;

/** How the nine systems, and what they are made of, do now. An engine that hangs holds nobody longer than the bound of a look. */
export function createPlatformState(sources: ProcessSources): () => Promise<PlatformState> {
  const lookAtProcesses = createProcessLook(sources);
  const lookAtCheck = createLook(() => readLatestCheck(sources.pool));

  return askSeldom(async () => {
    const [processes, check] = await Promise.all([lookAtProcesses(), lookAtCheck().catch(() => undefined)]);
    const askedAt = new Date().toISOString();
    return { asked_at: askedAt, systems: systemsOf(processes, check, askedAt), processes };
  }, REUSE_MS);
}
