/**
 * The way of an event through the platform: how fast it is taken beside an Express app with one INSERT, how fast it is recorded beside a consumer that only
 * counts, how soon it changes what its user is recommended, and whether a million of them are the same at each end. Our processes run from the build as
 * `npm start` runs them, over a Postgres, a Kafka and a Temporal of the run. After `npm run build`:
 * `npm run bench:events -- [--quick] [intake|ingest|fresh|million …]`; about a minute each with `--quick`
 */
import { cpus } from 'node:os';
import path from 'node:path';
import { rm } from 'node:fs/promises';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { DEFINITIONS } from '../domain/features/definitions.ts';
import { applyAtStart } from '../domain/features/registry/apply.ts';
import { createSnapshot } from '../domain/recommender/data/snapshot.ts';
import { PROJECT_ROOT, readConfig } from '../platform/config.ts';
import { findListener } from '../platform/proc.mjs';
import { createStackSettings } from '../test/support/stack.ts';
import { readMovieLens } from './data.ts';
import { measureFresh } from './eventsFresh.ts';
import { measureIngest } from './eventsIngest.ts';
import { measureIntake } from './eventsIntake.ts';
import { measureMillion } from './eventsMillion.ts';
import type { EventsPlace } from './eventsPlace.ts';
import type { Keep } from './servers.ts';
import { prepareData } from './servingData.ts';

const PARTS = { intake: measureIntake, ingest: measureIngest, fresh: measureFresh, million: measureMillion };
const quick = process.argv.includes('--quick');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = named.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);

const closes: (() => Promise<unknown>)[] = [];
const keep: Keep = (server) => {
  closes.unshift(server.stop);
  return server;
};
async function end(): Promise<void> {
  for (const close of closes.splice(0)) await close();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));

async function preparePlace(): Promise<EventsPlace> {
  const { folder, env, ports } = await createStackSettings();
  closes.unshift(() => rm(folder, { recursive: true, force: true }));
  const engines = await startEngines({ stateDir: path.join(folder, 'engines'), cacheDir: readConfig().cacheDir });
  closes.unshift(() => engines.remove());
  const { postgres, kafka, temporal } = engines.addresses;
  const { interactions, movies } = readMovieLens(path.join(PROJECT_ROOT, 'data', 'movielens-small'));
  const data = await prepareData(
    { postgresUrl: postgres, folder },
    { name: 'events', snapshot: createSnapshot(interactions, movies, 1), kinds: ['ease'] },
  );
  closes.unshift(() => data.pool.end());
  await applyAtStart(data.pool, DEFINITIONS);
  const told = { DATABASE_URL: data.databaseUrl, KAFKA_BROKERS: kafka, TEMPORAL_ADDRESS: temporal, REDIS_URL: '', LOG_LEVEL: 'info' };
  const pidAt = (address: string) => findListener(Number(address.split(':').at(-1)))!.pid;
  const pids = { postgres: pidAt(new URL(postgres).host), kafka: pidAt(kafka) };
  return { data, env: { ...env, ...told, BLOB_URL: `file:${data.folder}` }, ports, broker: kafka, pids, quick, keep };
}

try {
  const place = await preparePlace();
  console.log(`${cpus().length} cores, Node ${process.version}${quick ? '; quick' : ''}`);
  for (const [name, measure] of Object.entries(PARTS)) {
    if (named.length > 0 && !named.includes(name)) continue;
    console.log(`\n${name}`);
    await measure(place);
  }
} finally {
  await end();
}
