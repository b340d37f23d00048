/**
 * Preloaded (`node --import`) into a built process, which then has no metrics and no log: the modules of both are replaced, and nothing of what a caller gets is.
 * What is left of them is a name looked up and an object made here and there.
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const METRICS = `
  const nothing = () => undefined;
  const metric = { inc: nothing, dec: nothing, set: nothing, observe: nothing, remove: nothing, reset: nothing,
    get: async () => ({ values: [] }), startTimer: () => nothing, labels: () => metric };
  export const createMetrics = () => ({ contentType: 'text/plain', metrics: async () => '' });
  export const addMetrics = (_registry, definitions) => Object.fromEntries(Object.keys(definitions).map((name) => [name, metric]));
  export const atScrape = nothing;`;
const REQUESTS = 'export const measureRequests = () => (_req, _res, next) => next();';
const QUERIES = 'export const measurePools = () => undefined;';
const LOG = `
  import { pino } from 'pino';
  export const createLogger = () => pino({ level: 'silent' });
  export const withLogContext = (_ids, body) => body();
  export const withLogLines = (_onLine, body) => body();`;
const STUBS = [
  ['/dist/platform/metrics.js', METRICS],
  ['/dist/platform/http/measure.js', REQUESTS],
  ['/dist/platform/poolMetrics.js', QUERIES],
  ['/dist/platform/log.js', LOG],
];

// Node runs its hooks in a thread of their own, which loads this file too.
if (isMainThread) register(import.meta.url);

/** One of Node's module hooks. */
export function load(url, context, nextLoad) {
  const stub = STUBS.find(([file]) => url.endsWith(file));
  return stub ? { format: 'module', source: stub[1], shortCircuit: true } : nextLoad(url, context);
}
