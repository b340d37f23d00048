import express, { type RequestHandler } from 'express';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { bodyNotUtf8, bodyTooLarge } from './problems.ts';
import { BODY_BYTES } from '../../contracts/sizes.ts';

/** After an answer to a body that has not all come, the connection stays open so long for its caller to read the answer. */
const LINGER_MS = 1_000;

/** Whether a request says itself that its body is over the bound. */
export const declaresTooMuch = (req: IncomingMessage): boolean => Number(req.headers['content-length']) > BODY_BYTES;

/** Answers at once what declares too large a body, and closes the connection of whoever goes on sending after the answer. */
export const refuseDeclaredBodies: RequestHandler = (req, res, next) => {
  res.on('finish', () => {
    if (!req.complete) setTimeout(() => req.complete || req.socket.destroy(), LINGER_MS).unref();
  });
  if (declaresTooMuch(req)) throw bodyTooLarge();
  next();
};

/** Decoded as it comes, each byte that is no UTF-8 would become the same character, and names that differ one name. */
const refuseOtherBytes = (_req: IncomingMessage, _res: unknown, body: Buffer, encoding: string) => {
  if (encoding === 'utf-8' && !isUtf8(body)) throw bodyNotUtf8();
};
const readJson = express.json({ limit: BODY_BYTES, strict: false, verify: refuseOtherBytes });

/**
 * Reads a JSON body, also a compressed one, up to the bound. express.json alone reads a body that is over it to the end before it says so, and an
 * endless one has no end.
 */
export const readBody: RequestHandler = (req, res, next) => {
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
  readJson(req, res, settle);
};
