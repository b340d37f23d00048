import { z } from 'zod';
import type { ProcessState } from '../../contracts/system.ts';
import { httpGet } from '../../platform/httpGet.ts';
import { oneLine } from '../../platform/oneLine.ts';
import { within } from '../../platform/within.ts';

/** Of each that is asked; all are asked side by side. */
const WITHIN_MS = 3_000;
const SHOWN_CHARACTERS = 200;

/** What a look found of a process or an engine. */
export type Found = Pick<ProcessState, 'state'> &
  Partial<Pick<ProcessState, 'known_by' | 'lacks' | 'detail' | 'release' | 'started_at' | 'seen_at'>>;

/** Asks within the bound, and one question at a time: what hangs is not asked again before it has ended. */
export function createLook<T>(ask: () => Promise<T>, withinMs = WITHIN_MS): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return async () => {
    pending ??= ask().finally(() => (pending = undefined));
    return within(pending, withinMs, () => new Error(`no answer within ${withinMs / 1_000} s`));
  };
}

export const away = (error: unknown): Found => ({ state: 'away', known_by: 'itself', detail: oneLine(error).slice(0, SHOWN_CHARACTERS) });

const healthSchema = z.object({
  release: z.string().optional(),
  started_at: z.iso.datetime().optional(),
  dependencies: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })).default({}),
});

/** What one of our processes says of itself at this address. @returns undefined where nothing listens @throws where it does not answer */
export async function askHealth(url: string): Promise<Found | undefined> {
  try {
    const { status, text } = await httpGet(`${url}/health`, { headers: {}, signal: AbortSignal.timeout(WITHIN_MS) });
    if (status !== 200 && status !== 503) throw new Error(`${url} answers ${status}`);
    const { release = null, started_at = null, dependencies } = healthIn(text);
    const down = Object.entries(dependencies).filter(([, { ok }]) => !ok);
    return {
      ...{ state: status === 200 ? 'ok' : 'unwell', known_by: 'itself', release, started_at, seen_at: new Date().toISOString() },
      lacks: down.map(([name]) => name),
      detail: down.map(([name, { detail }]) => `${name}: ${detail}`).join('; '),
    };
  } catch (error) {
    if (['ECONNREFUSED', 'ENOTFOUND'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}

/** Another door may answer in words of its own, as MLflow's does. */
function healthIn(text: string): z.infer<typeof healthSchema> {
  try {
    return healthSchema.parse(JSON.parse(text));
  } catch {
    return { dependencies: {} };
  }
}
