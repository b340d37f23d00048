import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../deploy/local/engines/freePorts.ts';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { startTemporal } from '../deploy/local/engines/temporal.ts';
import { startGuard } from '../deploy/local/supervision/guard.ts';
import { readConfig } from '../platform/config.ts';
import { createTemporalClient } from '../platform/temporal/client.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { fillUserEvents, openKafka } from './eventsPlace.ts';
import { fillRegistry } from './registryFill.ts';
import { ourRows, theirRows, type Experiments, type Sizes } from './registryRows.ts';
import { startMlflow, startOurs, type RegistryServer } from './registryServers.ts';
import { runSql } from './servers.ts';

export interface ConsoleStack {
  readonly ours: RegistryServer & { readonly experiments: Experiments };
  readonly mlflow: RegistryServer & { readonly experiments: Experiments };
  readonly temporalUi: string;
  /** Workflows that Temporal lists; as many rows has our ledger, or more */
  readonly workflows: number;
}

export interface StackSizes {
  readonly registry: Sizes;
  readonly ledger: number;
  readonly events: number;
  /** Seconds within which workflows are started: Temporal takes them one by one */
  readonly startSeconds: number;
}

const STARTED_AT_ONCE = 40;
const STEPS = ['verify_source', 'stage', 'run_quality_rules', 'publish'];

/** Postgres, Kafka, Temporal with its Web UI, our API, and MLflow's server over as many runs. @param keep takes how to end each, as soon as it is begun */
export async function startConsoleStack(
  { registry, ledger, events, startSeconds }: StackSizes,
  keep: (end: () => Promise<unknown>) => void,
): Promise<ConsoleStack> {
  const { cacheDir } = readConfig();
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops-bench-'));
  keep(() => rm(folder, { recursive: true, force: true }));
  const engines = await startEngines({ stateDir: path.join(folder, 'state'), cacheDir, which: ['postgres', 'kafka'] });
  keep(() => engines.remove());
  const [port = 0, uiPort = 0] = await freePorts(2);
  const guard = startGuard({ logFile: path.join(folder, 'guard.log') });
  keep(() => guard.release());
  const temporal = await startTemporal({
    dataDir: path.join(folder, 'temporal'),
    cacheDir,
    port,
    uiPort,
    logFile: path.join(folder, 'temporal.log'),
  });
  keep(() => temporal.stop());
  guard.watch({ ...temporal, name: 'temporal', rank: 0, signal: 'SIGTERM' });
  await temporal.ready;
  const temporalUi = `http://127.0.0.1:${uiPort}`;
  await waitFor("Temporal's Web UI", () => fetch(temporalUi).then(({ ok }) => ok));

  const place = { postgresUrl: engines.addresses.postgres, folder };
  const settings = {
    SURFACES: 'api',
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    KAFKA_BROKERS: engines.addresses.kafka,
    TEMPORAL_UI_URL: temporalUi,
  };
  const ours = await startOurs(place, settings, '/health/live');
  keep(ours.stop);
  const mlflow = await startMlflow(place);
  keep(mlflow.stop);
  console.error('filling …');
  const workflows = startWorkflows(`127.0.0.1:${port}`, ledger, startSeconds);
  const filled = {
    ours: { ...ours, experiments: await fillRegistry(ours, ourRows, registry) },
    mlflow: { ...mlflow, experiments: await fillRegistry(mlflow, theirRows, registry) },
  };
  await fillUserEvents(openKafka({ broker: engines.addresses.kafka }, ''), events);
  await runSql(ours.databaseUrl, [...ledgerRows(ledger), ...eventRows(events), 'vacuum analyze']);
  return { ...filled, temporalUi, workflows: await workflows };
}

const nameOf = (nth: number) => `collection/bench-${nth}`;

/** The runs of our ledger in Temporal too, newest last; nobody works on them. @returns how many there was time for */
async function startWorkflows(address: string, most: number, seconds: number): Promise<number> {
  const client = createTemporalClient({ address, namespace: 'default' });
  const until = performance.now() + seconds * 1_000;
  let started = 0;
  const keepStarting = async () => {
    while (started < most && performance.now() < until) {
      started += 1;
      await client.workflow.start('movieDataCollection', { taskQueue: 'bench', workflowId: nameOf(started), args: [{}] });
    }
  };
  await Promise.all(Array.from({ length: STARTED_AT_ONCE }, keepStarting));
  await client.connection.close();
  return started;
}

const ledgerRows = (count: number): string[] => [
  `insert into runs (run_id, workflow, state, input, result, started_by, run_type, created_at, started_at, ended_at)
   select 'collection/bench-' || n, 'movieDataCollection', case when n % 25 = 0 then 'failed' else 'success' end, '{}', '{}', 'bench', 'manual', at, at, at + interval '40 s'
   from generate_series(1, ${count}) n, lateral (select now() - (${count} - n) * interval '1 min' as at) t`,
  `insert into run_steps (workflow_id, temporal_run_id, activity_id, attempt, run_id, step, queue, worker, state, started_at, ended_at)
   select 'collection/bench-' || n, 'bench', step, 1, 'collection/bench-' || n, step, 'bench', 'bench', 'success', now(), now()
   from generate_series(1, ${count}) n, unnest(array[${STEPS.map((step) => `'${step}'`).join()}]) step`,
];

const eventRows = (count: number): string[] => [
  `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
   select gen_random_uuid(), 'user ' || n % 1000, 1 + n % 500, 'click', now() - n * interval '1 s' from generate_series(1, ${count}) n`,
];
