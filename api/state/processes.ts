import type { Client } from '@temporalio/client';
import type { ProcessState } from '../../contracts/system.ts';
import { INGEST_GROUP } from '../../contracts/topics.ts';
import { TASK_QUEUES, type TaskQueue } from '../../contracts/workflowRow.ts';
import type { OnlineStore } from '../../domain/features/online/store.ts';
import { hasRunningStep } from '../../domain/runs/readRun.ts';
import { STARTED_AT, type Health } from '../../platform/health.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import { readDatabaseVersions } from '../../platform/migrate.ts';
import type { Pool } from '../../platform/postgres.ts';
import { checkTemporal, readTemporalVersion } from '../../platform/temporal/client.ts';
import { lastPolled } from '../../platform/temporal/unpolledQueues.ts';
import type { Prometheus } from '../prometheus.ts';
import { askHealth, away, createLook, type Found } from './look.ts';

export type WorkerName = 'worker-control' | 'worker-training' | 'worker-ingest';

/** Addresses without a path. */
export interface ProcessPlaces {
  readonly serving: string;
  /** Where each worker is, if it is on this machine */
  readonly workers: Partial<Readonly<Record<WorkerName, string>>>;
  /** Surfaces of this API that processes of their own have */
  readonly doors: Readonly<Record<string, string>>;
}

export interface ProcessSources {
  readonly places: ProcessPlaces;
  readonly health: Health;
  readonly pool: Pool;
  readonly temporal: Client;
  readonly kafka: Kafka;
  readonly onlineStore: OnlineStore;
  readonly prometheus: Prometheus;
}

interface Row {
  readonly name: string;
  readonly kind: ProcessState['kind'];
  /** Undefined of one that need not be there, and is not */
  readonly look: () => Promise<Found | undefined>;
}

const NOTHING_LISTENS: Found = { state: 'away', known_by: 'itself', detail: 'nothing listens there' };

/** How each process of ours and each engine does, asked side by side. Never throws; what nobody can tell is told as unknown. */
export function createProcessLook(sources: ProcessSources): () => Promise<ProcessState[]> {
  const rows = [...processRows(sources), ...engineRows(sources)].map((row) => ({ ...row, look: createLook(row.look) }));
  return async () => (await Promise.all(rows.map(stateOf))).flat();
}

async function stateOf({ name, kind, look }: Row): Promise<ProcessState[]> {
  const found = await look().catch(away);
  return found ? [{ name, kind, known_by: null, lacks: [], detail: '', release: null, started_at: null, seen_at: null, ...found }] : [];
}

function processRows({ places, health, pool, temporal, kafka }: ProcessSources): Row[] {
  const at = (name: string, url: string): Row => ({ name, kind: 'process', look: async () => (await askHealth(url)) ?? NOTHING_LISTENS });
  const worker = (name: WorkerName, sign: () => Promise<Found>): Row => ({
    name,
    kind: 'process',
    look: lookAtWorker(places.workers[name], sign),
  });
  const polling = (name: WorkerName, queue: TaskQueue) => worker(name, () => signOfQueue({ pool, temporal }, name, queue));
  return [
    { name: 'api', kind: 'process', look: () => lookAtUs(health) },
    ...Object.entries(places.doors).map(([name, url]) => at(name, url)),
    at('serving', places.serving),
    polling('worker-control', TASK_QUEUES.control),
    polling('worker-training', TASK_QUEUES.training),
    worker('worker-ingest', () => signOfGroup(kafka)),
  ];
}

async function lookAtUs(health: Health): Promise<Found> {
  const { ready, dependencies } = await health.readiness();
  const lacks = Object.entries(dependencies).flatMap(([name, { ok }]) => (ok ? [] : [name]));
  const now = new Date().toISOString();
  return {
    state: ready ? 'ok' : 'unwell',
    known_by: 'itself',
    lacks,
    release: health.release || null,
    started_at: STARTED_AT,
    seen_at: now,
  };
}

/**
 * At its address where it is on this machine, which is where one ever answered; elsewhere by the sign that it gives to an engine, and what the engine
 * remembers goes on for a while after a worker is dead.
 */
function lookAtWorker(url: string | undefined, sign: () => Promise<Found>): () => Promise<Found> {
  let isHere = false;
  return async () => {
    const own = url === undefined ? undefined : await askHealth(url);
    isHere ||= own !== undefined;
    if (own) return own;
    return isHere ? NOTHING_LISTENS : sign().catch((): Found => ({ state: 'unknown' }));
  };
}

/** Whoever has all hands full polls no more until one is free. */
async function signOfQueue({ pool, temporal }: { pool: Pool; temporal: Client }, name: WorkerName, queue: TaskQueue): Promise<Found> {
  const polled = await lastPolled(temporal, queue, undefined, `${name}@`);
  const seen_at = polled ?? ((await hasRunningStep(pool, queue)) ? new Date() : undefined);
  if (!seen_at) return { state: 'away', known_by: 'queue', detail: queue };
  return { state: 'ok', known_by: 'queue', detail: queue, seen_at: seen_at.toISOString() };
}

async function signOfGroup(kafka: Kafka): Promise<Found> {
  const members = await kafka.browse.members(INGEST_GROUP);
  if (members === 0) return { state: 'away', known_by: 'group', detail: INGEST_GROUP };
  return { state: 'ok', known_by: 'group', detail: INGEST_GROUP, seen_at: new Date().toISOString() };
}

function engineRows({ pool, temporal, kafka, onlineStore, prometheus }: ProcessSources): Row[] {
  const engine = (name: string, ask: () => Promise<Omit<Found, 'state'> | undefined>): Row => ({
    ...{ name, kind: 'engine' },
    async look() {
      const found = await ask();
      return found && { state: 'ok', known_by: 'itself', seen_at: new Date().toISOString(), ...found };
    },
  });
  return [
    engine('postgres', async () => {
      const { version, started_at } = await readDatabaseVersions(pool);
      return { release: version, started_at: started_at.toISOString() };
    }),
    engine('online store', async () => ({ detail: await onlineStore.check() })),
    engine('temporal', async () => ({ detail: await checkTemporal(temporal), release: (await readTemporalVersion(temporal)) || null })),
    engine('kafka', async () => ({ detail: await kafka.check() })),
    engine('prometheus', async () => {
      const release = await prometheus.look();
      return release === undefined ? undefined : { release };
    }),
  ];
}
