import express, { type RequestHandler, type Router } from 'express';
import { opensPage } from '../../platform/http/opensPage.ts';

/** Where the console is, as a browser reaches it. */
export interface ConsolePlace {
  /** On the host that the browser asked for */
  readonly port: number;
  /** In place of host and port, where they lie behind a proxy */
  readonly url: string | undefined;
}

/** Whether a person opened the address: machines that ask `/` for anything get what they got. */
export const isOpenedByBrowser: (req: express.Request) => boolean = (req) =>
  req.url === '/' && opensPage({ method: req.method, header: (name) => req.get(name) });

/** Sends a browser that opens `/` of another port to the page of the console that fits. @param page such as `/console/pipelines` */
export function sendBrowsersTo(place: ConsolePlace, page: string): Router {
  const send: RequestHandler = (req, res, next) => {
    const at = isOpenedByBrowser(req) ? addressOf(place, req) : undefined;
    if (at === undefined) return next();
    res.set('vary', 'Accept').redirect(`${at}${page}`);
  };
  return express.Router().use(send);
}

/** @returns undefined where the host's ports are not ours: behind a proxy that nobody told us of */
function addressOf({ port, url }: ConsolePlace, req: express.Request): string | undefined {
  if (url !== undefined) return url.replace(/\/$/, '');
  const asked = `http://${req.get('host') ?? ''}`;
  if (!URL.canParse(asked)) return undefined;
  const { hostname, port: askedPort } = new URL(asked);
  return Number(askedPort) === req.socket.localPort ? `http://${hostname}:${port}` : undefined;
}
