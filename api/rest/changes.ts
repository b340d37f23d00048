import type { Request, Response } from 'express';
import { changes } from '../../contracts/endpoints/changes.ts';
import { API } from '../../contracts/metrics/api.ts';
import { CHANGE_STREAMS } from '../../contracts/sizes.ts';
import type { ToldChange } from '../../domain/changes/changeBook.ts';
import { askingOf, isStillKnown, requireRole } from '../../platform/http/access.ts';
import { Problem } from '../../platform/http/problems.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { ApiDeps } from '../deps.ts';
import type { Endpoint } from './endpoint.ts';

type ChangeDeps = Pick<ApiDeps, 'changes' | 'metrics' | 'access' | 'keys' | 'sessions' | 'limiter'>;

/** Between two signs of life, at each of which it is looked whether the caller is still known. */
const BEAT_MS = 5_000;
/** When somebody whose stream was cut comes back. */
const RETRY_MS = 2_000;
const FULL_RETRY_S = 30;
/** Of whoever does not read what is written, nothing is kept. */
const UNREAD_BYTES = 64 * 1024;

/** The stream of changes. It ends when its caller is known no more, and when the port is closed. */
export function createChangeEndpoints({ changes: book, metrics, ...door }: ChangeDeps): Endpoint[] {
  const open = new Set<Response>();
  const { change_streams_open: count } = addMetrics(metrics, API.changes);
  let isWatched = false;
  let isClosing = false;

  /** Nobody waits for the end of what has none. */
  function endAtClose(app: Request['app']) {
    if (isWatched) return;
    isWatched = true;
    app.once('closing', () => {
      isClosing = true;
      for (const res of open) res.end();
    });
  }

  function begin(req: Request, res: Response) {
    if (isClosing || open.size >= CHANGE_STREAMS) throw full();
    endAtClose(req.app);
    open.add(res);
    count.set(open.size);
    res.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    const { missed, stop } = book.follow(req.get('last-event-id'), (change) => write(res, eventOf(change)));
    write(res, `retry: ${RETRY_MS}\n${missed.subjects.length > 0 ? eventOf(missed) : `id: ${missed.id}\nevent: ready\ndata: {}\n\n`}`);
    const end = () => void res.end();
    const beat = setInterval(() => {
      write(res, ':\n\n');
      void isStillKnown(door, askingOf(req)).then((isKnown) => (isKnown ? undefined : end()), end);
    }, BEAT_MS);
    res.once('close', () => {
      clearInterval(beat);
      stop();
      open.delete(res);
      count.set(open.size);
    });
  }
  return [
    {
      description: changes.follow,
      mount: (router) =>
        router.get(changes.follow.path, requireRole(changes.follow.role), (req, res) => {
          res.locals['isStream'] = true;
          begin(req, res);
        }),
    },
  ];
}

const eventOf = ({ id, subjects }: ToldChange) => `id: ${id}\ndata: ${JSON.stringify({ subjects })}\n\n`;

function write(res: Response, text: string): void {
  if (res.writableLength > UNREAD_BYTES) res.destroy();
  else res.write(text);
}

const full = () =>
  new Problem('unavailable', `This process tells ${CHANGE_STREAMS} callers of changes, and no more; ask for what you look at meanwhile`, {
    retryAfterS: FULL_RETRY_S,
  });
