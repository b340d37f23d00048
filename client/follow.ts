import { runParamsOf } from '../contracts/endpoints/runParams.ts';
import { isOpen, type RunDetail } from '../contracts/runs.ts';
import type { Client } from './createClient.ts';
import { isPassing as passes } from './errors.ts';
import { sleep } from './sleep.ts';

export interface Patience {
  /** Time from one look to the next; 500 when missing */
  readonly everyMs?: number;
  /** How long a call is tried again from its first failure on, where it fails for what passes by itself; a minute when missing */
  readonly bearAbsenceMs?: number;
  /** What passes by itself: no answer, and the statuses 429, 502, 503 and 504, when missing */
  readonly isPassing?: (error: unknown) => boolean;
  /** Told once of each absence */
  readonly onAbsence?: (error: unknown) => void;
  readonly signal?: AbortSignal | undefined;
}

const LOOK_EVERY_MS = 500;
/** A restart of the API, or of an engine behind it, takes seconds. */
const BEAR_ABSENCE_MS = 60_000;

/**
 * Asks until there is an answer, while what stands against it passes by itself.
 * @throws what `ask` throws, when it does not pass, or not in time; the signal's reason
 */
export async function patiently<T>(ask: () => Promise<T>, patience: Patience = {}): Promise<T> {
  const { everyMs = LOOK_EVERY_MS, bearAbsenceMs = BEAR_ABSENCE_MS, isPassing = passes, onAbsence, signal } = patience;
  for (let awaySince: number | undefined; ;) {
    try {
      return await ask();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isPassing(error) || (awaySince !== undefined && Date.now() - awaySince > bearAbsenceMs)) throw error;
      if (awaySince === undefined) onAbsence?.(error);
      awaySince ??= Date.now(); // not the start of the call, which may have waited long for its answer
      await sleep(everyMs, signal);
    }
  }
}

/** Looks, again and again, until what is seen has ended. @throws as `patiently` */
export async function follow<Seen, Ended extends Seen>(
  look: () => Promise<Seen>,
  { hasEnded, onLook, ...patience }: Patience & { hasEnded: (seen: Seen) => seen is Ended; onLook?: (seen: Seen) => void },
): Promise<Ended> {
  for (;;) {
    const seen = await patiently(look, patience);
    onLook?.(seen);
    if (hasEnded(seen)) return seen;
    await sleep(patience.everyMs ?? LOOK_EVERY_MS, patience.signal);
  }
}

/**
 * Looks at a run until it has ended. The run itself is not touched.
 * @throws as `patiently`
 */
export const followRun = (
  { runs }: Pick<Client, 'runs'>,
  runId: string,
  options: Patience & { readonly onLook?: (run: RunDetail) => void } = {},
): Promise<RunDetail> =>
  follow(() => runs.get({ params: runParamsOf(runId), signal: options.signal }), {
    ...options,
    hasEnded: (run): run is RunDetail => !isOpen(run),
  });
