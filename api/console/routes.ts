import express, { type RequestHandler, type Response, type Router } from 'express';
import path from 'node:path';
import { missing } from '../../contracts/failures.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { isOpenedByBrowser } from './sendBrowsers.ts';

export const PAGE = '/console';
const BUILT = path.join(PROJECT_ROOT, 'dist', 'console');

/** It runs what we serve, asks whom it comes from, and nothing else; no script and no style stands in the page itself. */
const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

/**
 * The console: every address below `/console` is its page, and a browser that opens `/` is sent there. Whoever asks `/` for anything but a page gets what
 * the API answers there. It is shown to anyone, since nothing of ours is in it: what it shows it asks the API for, which knows who looks.
 * @param folder that the build made
 */
export function consoleRoutes(folder = BUILT): Router {
  const router = express.Router();
  router.use(sendBrowsersToPage);
  router.use(
    `${PAGE}/assets`,
    preferCompressed,
    express.static(path.join(folder, 'assets'), { index: false, immutable: true, maxAge: '1y', setHeaders: nameType }),
    refuseOthers,
  );
  router.use(PAGE, (req, res, next) => {
    if (req.method !== 'GET') return next();
    res.set({ 'content-security-policy': POLICY, 'cache-control': 'no-cache', 'referrer-policy': 'same-origin' });
    // A clone that was not built has no page; all else is served as ever.
    res.sendFile('index.html', { root: folder, cacheControl: false }, (error) => error && next());
  });
  return router;
}

const sendBrowsersToPage: RequestHandler = (req, res, next) => {
  if (!isOpenedByBrowser(req)) return next();
  res.set('vary', 'Accept').redirect(PAGE);
};

/** Whoever asks for what is not there is told so, and not asked who they are. */
const refuseOthers: RequestHandler = (req) => {
  throw missing(`There is no ${req.originalUrl} here`);
};

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** Each asset lies compressed beside itself. */
const preferCompressed: RequestHandler = (req, res, next) => {
  res.set('vary', 'Accept-Encoding');
  if (req.acceptsEncodings('gzip') && path.extname(req.path) in TYPES) req.url = `${req.path}.gz`;
  next();
};

function nameType(res: Response, file: string) {
  if (!file.endsWith('.gz')) return;
  res.set({ 'content-encoding': 'gzip', 'content-type': `${TYPES[path.extname(file.slice(0, -'.gz'.length))]}; charset=utf-8` });
}
