import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { HEAD_BYTES } from '../../contracts/sizes.ts';
import type { Health } from '../health.ts';
import type { Logger } from '../log.ts';
import { controlAccess, type Door } from './access.ts';
import { answerUnreadable } from './answerUnreadable.ts';
import type { Auditor } from './auditRequests.ts';
import { endAfterEarlyAnswer, readBody } from './bodies.ts';
import { limitBodyTime } from './bodyTime.ts';
import { splitProtocols, type Http2Side } from './splitProtocols.ts';
import { watchConnections } from './watchConnections.ts';
import { answerProblems } from './problems.ts';
import { refuseUnserved } from './refuseUnserved.ts';
import { measureRequests } from './measure.ts';
import { healthRoutes } from './health.ts';
import { identifyRequests } from './requestId.ts';
import { traceRequests } from './traceRequests.ts';

/** How long a request may take to come, its headers and all of it; what is slower is answered with 408. */
const REQUEST_WAITS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 };

export interface HttpAppParts extends Door {
  readonly log: Logger;
  readonly metrics: Registry;
  /** False where another port of the process shows its metrics; true when missing */
  readonly showsMetrics?: boolean;
  readonly health: Health;
  /** Writes down what may change something; nobody does when missing */
  readonly auditor?: Auditor | undefined;
  /** Health in the words of another tool, told to anyone, before our own. */
  readonly probes?: Router;
  /** Pages that anyone may see, since there is nothing of ours in them. */
  readonly pages?: Router;
  /** Where a browser is sent that opens anything else without being known; it is refused when missing */
  readonly signInAt?: string;
  /** Routes that read their body themselves as it comes, whatever its size and type. */
  readonly streams?: Router;
  /** Says what is wrong in the words of another tool, for the paths that are that tool's; passes on the rest. */
  readonly answerFaults?: ErrorRequestHandler;
  /** The surface's own routes; none for a process that only reports health and metrics. */
  readonly routes?: Router;
  /** Who takes what comes by HTTP/2 on the same port; nobody when missing */
  readonly http2?: Http2Side;
}

/** What listens on a port: the routes, and who takes what comes by HTTP/2. */
export type HttpApp = Express & { readonly http2?: Http2Side };

/** The Express app that every process's HTTP surface is made from: ids, log, metrics, who may call, health, problems. */
export function createHttpApp(parts: HttpAppParts): HttpApp {
  const { log, metrics, showsMetrics = true, health, probes, pages, signInAt, streams, routes, answerFaults, http2 } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.locals['auditor'] = parts.auditor;
  app.use(traceRequests);
  app.use(identifyRequests(log));
  app.use(refuseFraming);
  app.use(measureRequests(metrics));
  app.use(endAfterEarlyAnswer);
  if (probes) app.use(probes);
  if (pages) app.use(pages);
  app.use(controlAccess(parts, signInAt));
  app.use(healthRoutes(health, showsMetrics ? metrics : undefined));
  if (streams) app.use(streams);
  app.use(readBody);
  if (routes) app.use(routes);
  app.use(refuseUnserved(app.router));
  if (answerFaults) app.use(answerFaults);
  app.use(answerProblems(log));
  return Object.assign(app, http2 && { http2 });
}

/** No page of ours stands within another's, and no answer is taken for another kind of thing than it says. */
const refuseFraming: RequestHandler = (_req, res, next) => {
  res.set({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
  next();
};

/** Listens, and gives back a close that answers the requests in flight whole and waits for nothing else. */
export function listenHttp(
  app: HttpApp,
  { host, port, waits = REQUEST_WAITS, portPatienceMs = 0 }: ListenOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    // Node's own limit of a request cannot be lifted for one that is an upload.
    const server = createServer({ ...waits, requestTimeout: 0, maxHeaderSize: HEAD_BYTES }, app);
    server.on('clientError', answerUnreadable);
    server.prependListener('request', limitBodyTime(waits.requestTimeout));
    // Whoever reads the body tells the caller to send it.
    server.on('checkContinue', (req, res) => server.emit('request', req, res));
    listen(server, { host, port, portPatienceMs }).then(() => {
      const address = server.address();
      resolve({ port: typeof address === 'object' && address ? address.port : port, close });
    }, reject);
    const closeHttp1 = watchConnections(server);
    const closeHttp2 = app.http2 && splitProtocols(server, app.http2);
    const close = () => {
      app.emit('closing'); // to who answers without an end
      closeHttp2?.();
      return closeHttp1();
    };
  });
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly waits?: typeof REQUEST_WAITS;
  /** How long a port is waited for that somebody has, who is about to give it free */
  readonly portPatienceMs?: number;
}

/** Callers of the process before find nobody for so long, once it has closed. */
const PORT_LOOK_MS = 5;

async function listen(server: Server, { host, port, portPatienceMs }: Required<Omit<ListenOptions, 'waits'>>): Promise<void> {
  for (const until = Date.now() + portPatienceMs; ; await sleep(PORT_LOOK_MS)) {
    server.listen(port, host);
    try {
      await once(server, 'listening');
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || Date.now() >= until) throw error;
    }
  }
}
