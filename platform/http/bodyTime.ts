import type { IncomingMessage, RequestListener } from 'node:http';

const limits = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Answers 408 to a request that has not all come in time, and ends its connection. */
export const limitBodyTime =
  (limitMs: number): RequestListener =>
  (req, res) => {
    const limit = setTimeout(() => {
      if (req.complete) return;
      if (!res.headersSent) res.writeHead(408, { connection: 'close' }).end();
      req.socket.destroySoon();
    }, limitMs);
    limits.set(req, limit.unref());
    req.once('close', () => clearTimeout(limit));
  };

/** For a body that may take as long as it takes, read by whoever watches that it goes on. */
export const liftBodyTime = (req: IncomingMessage): void => clearTimeout(limits.get(req));
