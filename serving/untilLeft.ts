import type { Response } from 'express';
import { Problem } from '../platform/http/problems.ts';

/** Aborted where the caller hangs up before the answer: nobody reads what is still to be made. */
export function untilLeft(res: Response): AbortSignal {
  const left = new AbortController();
  res.on('close', () => left.abort(new Problem('badRequest', 'The caller hung up before the answer')));
  return left.signal;
}
