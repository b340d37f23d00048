/**
 * Times `POST /recommend` of the model server over loopback HTTP, by a neural_cf of the default shape on the sample's size: 610 users and
 * 9,742 movies, 165 of them seen. Everything is in one process, the client included, so the figures are an upper bound.
 * `npx tsx bench/serving.ts [requests] [connections]`
 */
import http from 'node:http';
import { CHAMPION, modelSpecSchema } from '../contracts/models.ts';
import { SHARED_ALONE } from '../domain/catalogue/ownCatalogues.ts';
import { createInteractionBuilder, createVocabulary } from '../domain/recommender/data/interactions.ts';
import { NO_CHECKPOINTS } from '../domain/recommender/model/model.ts';
import { modelKind } from '../domain/recommender/models/index.ts';
import { createSnapshot, trainingDataOf } from '../domain/recommender/data/snapshot.ts';
import { NO_RULES } from '../domain/serving/rulesInForce.ts';
import { createAnswers } from '../domain/serving/answers.ts';
import { createHealth } from '../platform/health.ts';
import { createHttpApp, listenHttp } from '../platform/http/app.ts';
import { createLogger } from '../platform/log.ts';
import { createMetrics } from '../platform/metrics.ts';
import { loadTensorflow } from '../platform/tensorflow.ts';
import { servedRoutesOf } from '../test/support/servedRoutes.ts';
import { createServingMetrics } from '../serving/metrics.ts';
import { servingRoutes } from '../serving/routes.ts';
import { NOTHING_LOADED } from '../serving/scoring/scorer.ts';

const USERS = 610;
const MOVIES = 9_742;
const SEEN = 165;
const CALLS = 300;
const [requests = 2_000, connections = 4] = process.argv.slice(2).map(Number);
const tensorflow = loadTensorflow('auto');

async function trainModel() {
  const ids = Array.from({ length: MOVIES }, (_, at) => String(at + 1));
  const movies = createVocabulary(ids);
  const builder = createInteractionBuilder(movies);
  // Just enough rows for every user to be known: what was learnt doesn't change how long an answer takes.
  for (let user = 0; user < USERS; user += 1) {
    for (const movie of [user, user + 1]) builder.add(String(user), ids[movie]!, 4, movie);
  }
  const table = { vocabulary: movies, titles: ids, genres: ids.map(() => ['Drama']), releaseYears: ids.map(() => 1999) };
  const spec = modelSpecSchema.parse({ kind: 'neural_cf', epochs: 1 });
  const { model } = await modelKind('neural_cf').fit(spec, trainingDataOf(createSnapshot(builder.build(), table, 1)), {
    tf: tensorflow.tf,
    signal: new AbortController().signal,
    checkpoints: NO_CHECKPOINTS,
    onProgress: () => undefined,
  });
  return model;
}

async function serve() {
  const loaded = { name: 'neural_cf' as const, version: '1', model: await trainModel(), catalogues: SHARED_ALONE };
  const shelf = { find: (ref: string) => (ref === `${loaded.name}@${CHAMPION}` ? loaded : undefined), loaded: () => [loaded] };
  const chosen = Array.from({ length: SEEN }, (_, at) => String(at * 50 + 1));
  const seen = { movies: new Set(chosen), chosen, disliked: [], from: 'memory' as const };
  const answers = createAnswers({
    rules: { now: () => NO_RULES },
    facts: { of: () => undefined },
    gone: new Set(),
    ownSets: { ofUser: () => null },
    routes: servedRoutesOf(),
    shelf,
    readSeen: async () => seen,
    onShadowServed: () => undefined,
    onShadow: () => undefined,
  });
  const metrics = createMetrics('bench');
  const access = { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] };
  const routes = servingRoutes({
    scorer: {
      ...answers,
      similar: async (body) => answers.similar(body),
      state: () => NOTHING_LOADED,
    },
    served: { write: () => undefined },
    metrics: createServingMetrics(metrics),
    movieIdsOf: async (refs) => [...refs],
    ownRefs: async () => new Map(),
  });
  const app = createHttpApp({ log: createLogger('bench', 'silent'), metrics, health: createHealth(), access, routes });
  return { model: loaded.model, server: await listenHttp(app, { host: '127.0.0.1', port: 0 }) };
}

/** @returns milliseconds from sending to the answer's end */
function recommend(agent: http.Agent, port: number, userId: number): Promise<number> {
  const startedAt = performance.now();
  const body = JSON.stringify({ user_id: userId, k: 10 });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, port, host: '127.0.0.1', path: '/recommend', method: 'POST', headers }, (answer) => {
      const { statusCode } = answer.resume();
      answer.on('end', () => (statusCode === 200 ? resolve(performance.now() - startedAt) : reject(new Error(`status ${statusCode}`))));
    });
    request.on('error', reject).end(body);
  });
}

async function load(port: number, count: number): Promise<{ times: number[]; perSecond: number }> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const startedAt = performance.now();
  let sent = 0;
  const ask = async () => {
    while (sent < count) times.push(await recommend(agent, port, (sent += 1) % USERS));
  };
  await Promise.all(Array.from({ length: connections }, ask));
  agent.destroy();
  return { times, perSecond: Math.round((count / (performance.now() - startedAt)) * 1000) };
}

function timeCalls(call: () => void): number[] {
  return Array.from({ length: CALLS }, () => {
    const startedAt = performance.now();
    call();
    return performance.now() - startedAt;
  });
}

function report(what: string, times: number[], more = ''): void {
  const sorted = times.toSorted((a, b) => a - b);
  const percentile = (share: number) => `${sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(2)} ms`;
  console.log(`${what.padEnd(40)} p50 ${percentile(0.5)}, p99 ${percentile(0.99)}${more}`);
}

const { model, server } = await serve();
await load(server.port, 200);
console.log(`${USERS} users, ${MOVIES} movies, TensorFlow ${tensorflow.backend} ${tensorflow.version}, ${requests} requests`);
report(
  'model alone: score all movies, best 10',
  timeCalls(() => model.recommend({ userId: '1', k: 10 })),
);
const { times, perSecond } = await load(server.port, requests);
report(`POST /recommend, ${connections} connections`, times, `, ${perSecond} a second`);
await server.close();
process.exit(0);
