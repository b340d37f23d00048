import express, { type RequestHandler } from 'express';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BODY_BYTES } from '../../contracts/sizes.ts';
import { refuseDeepJson } from './jsonDepth.ts';
import { bodyNotUtf8, bodyTooLarge } from './problems.ts';

/** After an answer to a body that has not all come, the connection stays open so long for its caller to read the answer. */
const LINGER_MS = 1_000;

/**
 * Closes the connection of whoever goes on sending after the answer. What is on its way then is read and dropped: its caller has sent all of it, and may
 * send the next request on this connection.
 */
export const endAfterEarlyAnswer: RequestHandler = (req, res, next) => {
  res.on('finish', () => {
    if (req.complete) return;
    req.resume();
    setTimeout(() => req.complete || req.socket.destroy(), LINGER_MS).unref();
  });
  next();
};

/** Tells a caller to go on who asks before it sends a body (`Expect: 100-continue`). */
export function inviteBody(req: IncomingMessage, res: ServerResponse): void {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
}

/** Decoded as it comes, each byte that is no UTF-8 would become the same character, and names that differ one name. JSON is UTF-8 (RFC 8259). */
const verify = (_req: IncomingMessage, _res: unknown, body: Buffer, encoding: string) => {
  if (encoding !== 'utf-8' || !isUtf8(body)) throw bodyNotUtf8();
  refuseDeepJson(body);
};
const readJson = express.json({ limit: BODY_BYTES, strict: false, verify });

/**
 * Reads a body, also a compressed one, up to the bound; what declares a larger one is answered at once. express alone reads a body that is over it to the end before it says so, and an
 * endless one has no end.
 */
const readBounded =
  (read: RequestHandler): RequestHandler =>
  (req, res, next) => {
    if (Number(req.headers['content-length']) > BODY_BYTES) throw bodyTooLarge();
    inviteBody(req, res);
    let isSettled = false;
    const settle = (error?: unknown) => {
      if (!isSettled) next(error);
      isSettled = true;
    };
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES) settle(bodyTooLarge());
    });
    read(req, res, settle);
  };

export const readBody = readBounded(readJson);
/** Leaves the body as its bytes, of whatever type; undefined where none was sent. */
export const readBytes = readBounded(express.raw({ type: () => true, limit: BODY_BYTES }));
