import type { Logger } from '../../platform/log.ts';
import { listen } from '../../platform/postgres.ts';

/** A notification can be lost with its connection, and a connection can be dead without saying so. */
const LOOK_EVERY_MS = 1_000;

/** Calls `refresh` at once, on each notification of the channel, after each reconnect, and once a second whatever was heard. */
export function followChanges({
  url,
  channel,
  refresh,
  log,
}: {
  url: string;
  channel: 'registry_changed' | 'catalogue_changed';
  refresh: () => Promise<void>;
  log: Logger;
}): {
  stop(): Promise<void>;
} {
  let failing = false;
  const look = () =>
    refresh().then(
      () => void (failing = false),
      (error: unknown) => {
        if (!failing) log.warn({ err: error }, `cannot ask what has changed (${channel}); serving what is in memory`);
        failing = true;
      },
    );
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  const listener = listen({ url, channel, log }, () => void look());
  return {
    stop() {
      clearInterval(timer);
      return listener.stop();
    },
  };
}
