import type { PlatformState } from '../../contracts/system.ts';
import { createLook } from './look.ts';
import { createProcessLook, type ProcessSources } from './processes.ts';
import { readLatestCheck, systemsOf } from './systems.ts';

/** Many pages that look at once cost each engine one look. */
const REUSE_MS = 1_000;

/** How the nine systems, and what they are made of, do now. An engine that hangs holds nobody longer than the bound of a look. */
export function createPlatformState(sources: ProcessSources): () => Promise<PlatformState> {
  const lookAtProcesses = createProcessLook(sources);
  const lookAtCheck = createLook(() => readLatestCheck(sources.pool));
  let latest: { readonly at: number; readonly state: Promise<PlatformState> } | undefined;

  async function look(): Promise<PlatformState> {
    const [processes, check] = await Promise.all([lookAtProcesses(), lookAtCheck().catch(() => undefined)]);
    const askedAt = new Date().toISOString();
    return { asked_at: askedAt, systems: systemsOf(processes, check, askedAt), processes };
  }
  return () => {
    if (!latest || Date.now() - latest.at > REUSE_MS) latest = { at: Date.now(), state: look() };
    return latest.state;
  };
}
