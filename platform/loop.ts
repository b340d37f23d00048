import type { Logger } from './log.ts';
import { progress, type Progress } from './progress.ts';

export interface Loop {
  /** Runs the body now, where it rests. */
  wake(): void;
  /** Resolves when the body has ended for good. */
  stop(): Promise<void>;
}

export interface LoopSettings {
  readonly name: string;
  readonly restMs: number;
  readonly log: Logger;
  /** Told of each turn; this process's own when missing */
  readonly followedBy?: Progress;
}

const FIRST_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 2_000;

/**
 * Runs `body` again and again: at once while it says that there is more to do, else when woken, or after `restMs`. A body that throws is tried
 * again after a growing pause; what went wrong is logged once, and so is that it goes on. While it fails, readiness and metrics tell.
 */
export function startLoop({ name, restMs, log, followedBy = progress }: LoopSettings, body: () => Promise<boolean>): Loop {
  const followed = followedBy.follow(name);
  let stopped = false;
  let woken = false;
  let endRest = () => {};
  let failures = 0;

  async function turn(): Promise<boolean> {
    followed.begun();
    try {
      const more = await body();
      followed.succeeded();
      if (failures > 0) log.info({ loop: name, failures }, 'goes on');
      failures = 0;
      return more;
    } catch (error) {
      followed.failed(error);
      if (failures === 0) log.warn({ err: error, loop: name }, 'interrupted; trying again');
      failures += 1;
      return false;
    }
  }
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  async function run() {
    while (!stopped) {
      const more = await turn();
      // A failing body is not woken into trying faster.
      if (failures > 0 && !stopped) await rest(Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), MAX_BACK_OFF_MS));
      else if (!more && !woken && !stopped) await rest(restMs);
      woken = false;
    }
    followed.ended();
  }

  const running = run();
  return {
    wake() {
      woken = true;
      if (failures === 0) endRest();
    },
    stop() {
      stopped = true;
      endRest();
      return running;
    },
  };
}
