import type { Request, Response } from 'express';
import { within } from '../within.ts';
import { inviteBody } from './bodies.ts';
import { liftBodyTime } from './bodyTime.ts';
import { Problem } from './problems.ts';

/** How long whoever sends a body may keep us waiting: for its next bytes, and in all as long as this many bytes a second need. */
export interface Patience {
  readonly silentMs: number;
  readonly bytesPerSecond: number;
}
const PATIENCE: Patience = { silentMs: 30_000, bytesPerSecond: 4 * 1024 };

/**
 * A body of any size, as it comes.
 * @throws Problem `timeout` where it stalls or trickles; `unsupportedMedia` where it is compressed. Where the connection is cut, Node's own error.
 */
export async function* streamBody(req: Request, res: Response, patience = PATIENCE): AsyncGenerator<Buffer> {
  if (req.get('content-encoding')) throw new Problem('unsupportedMedia', 'Send the file as it is, without content-encoding');
  liftBodyTime(req);
  inviteBody(req, res);
  // Broken off, it is still to be answered.
  const chunks = (req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer, undefined>)[Symbol.asyncIterator]();
  let waitedMs = 0;
  let bytes = 0;
  try {
    for (;;) {
      const leftMs = patience.silentMs + (bytes / patience.bytesPerSecond) * 1000 - waitedMs;
      const startedAt = performance.now();
      const { done, value } = await within(chunks.next(), Math.min(patience.silentMs, leftMs), stalled);
      if (done) return;
      waitedMs += performance.now() - startedAt;
      bytes += value.length;
      yield value;
    }
  } finally {
    void chunks.return?.().catch(() => undefined); // else nobody can read on, to drop what is left
  }
}

const stalled = () => new Problem('timeout', 'The upload stands still or trickles; nothing of it is kept');
