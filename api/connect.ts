import { auditRuns, auditSchedules } from './audited.ts';
import { openDoor } from '../domain/access/openDoor.ts';
import { createAuditor } from '../domain/audit/auditLog.ts';
import { createChangeBook } from '../domain/changes/changeBook.ts';
import { definitionsWith } from '../domain/features/definitions.ts';
import { openOnlineStore } from '../domain/features/online/openOnlineStore.ts';
import { createTmdbImages } from '../domain/tmdb/images.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import { DEFAULT_PORTS, describeSettings, readVersion, type Config, type PortName } from '../platform/config.ts';
import { createKafka } from '../platform/kafka/kafka.ts';
import { localUrl } from '../platform/localUrl.ts';
import { measurePools } from '../platform/poolMetrics.ts';
import { checkPostgres, createPool, listen, POOL_WAITS } from '../platform/postgres.ts';
import type { ProcessContext } from '../platform/process.ts';
import { checkTemporal, createTemporalClient } from '../platform/temporal/client.ts';
import { createTemporalRuns } from '../platform/temporal/runs.ts';
import { createTemporalSchedules } from '../platform/temporal/schedules.ts';
import type { ApiDeps } from './deps.ts';
import { createEngineVersions } from './engineVersions.ts';
import { createModelServer } from './modelServer.ts';
import { createPrometheus } from './prometheus.ts';
import { createPlatformState } from './state/platformState.ts';
import type { ProcessPlaces } from './state/processes.ts';

export type ApiSettings = Pick<
  Config,
  | 'database'
  | 'kafka'
  | 'temporal'
  | 'redisUrl'
  | 'servingUrl'
  | 'access'
  | 'blobUrl'
  | 'features'
  | 'webhooks'
  | 'allowRegistryReset'
  | 'servedKeptDays'
  | 'retention'
  | 'quality'
> &
  Partial<Pick<Config, 'elsewhere' | 'surfaces'>> &
  Partial<Pick<Config, 's3' | 'mirror' | 'erasureKey'>> & {
    readonly tmdb?: Pick<Config['tmdb'], 'apiKey' | 'imageUrl'>;
    readonly scaling?: Pick<Config['scaling'], 'minReplicas'>;
    readonly monitoring?: Partial<Pick<Config['monitoring'], 'alertWorkflows' | 'prometheusUrl' | 'external'>>;
    readonly backup: Pick<Config['backup'], 'keptDays'> & Partial<Pick<Config['backup'], 'url' | 'key'>>;
    readonly ports?: Config['ports'];
    readonly console?: Config['console'];
  };
/** Each reads whole tables. */
const REPORTS_AT_ONCE = 2;
type ApiContext = Pick<ProcessContext, 'log' | 'metrics' | 'health'>;

/**
 * What every surface stands on: the engines it talks to, each connected at first use. A surface starts and stays up whatever is down, and what
 * needs an engine that is down answers 503 meanwhile.
 */
export async function connectApi(
  settings: ApiSettings,
  { log, metrics, health }: ApiContext,
): Promise<{ deps: ApiDeps; close(): Promise<void> }> {
  const pool = createPool({ ...settings.database, log, waits: POOL_WAITS.request });
  const reportPool = createPool({ ...settings.database, poolSize: REPORTS_AT_ONCE, log, waits: POOL_WAITS.report });
  measurePools(metrics, { request: pool, report: reportPool });
  const temporal = createTemporalClient(settings.temporal);
  // Nothing connects before somebody looks at topics: events are taken while Kafka is away.
  const kafka = createKafka({ ...settings.kafka, clientId: 'api', log });
  const modelServer = createModelServer(settings.servingUrl);
  const onlineStore = openOnlineStore({ redisUrl: settings.redisUrl, pool, log });
  health.add('postgres', () => checkPostgres(pool));
  health.add('online store', () => onlineStore.check());
  health.add('temporal', () => checkTemporal(temporal));
  health.add('serving', () => modelServer.check());

  const prometheus = createPrometheus({ url: settings.monitoring?.prometheusUrl, isOurs: settings.monitoring?.external !== true });
  const version = await readVersion();
  const { door, close: closeDoor } = openDoor(settings.access, pool, log);
  const { url, directUrl } = settings.database;
  const changes = createChangeBook((onHeard) => listen({ url: directUrl ?? url, channel: 'changes', log }, onHeard));
  const { webhooks, allowRegistryReset, servedKeptDays } = settings;
  const engines = {
    pool,
    reportPool,
    blobs: createBlobStore(settings.blobUrl, settings.s3),
    runs: auditRuns(createTemporalRuns(temporal)),
    schedules: auditSchedules(createTemporalSchedules(temporal)),
    modelServer,
    kafka,
    tmdbImages: settings.tmdb?.apiKey === undefined ? undefined : createTmdbImages({ url: settings.tmdb.imageUrl }),
    onlineStore,
    definitions: definitionsWith(settings.features),
  };
  return {
    deps: {
      log,
      metrics,
      health,
      ...door,
      auditor: createAuditor(pool, log),
      version,
      webhooks,
      allowRegistryReset,
      servedKeptDays,
      keptDays: {
        ...{ served: servedKeptDays, health: settings.retention.healthDays, outcomes: settings.retention.outcomesDays },
        ...{ runLogs: settings.retention.runLogsDays, rejects: settings.retention.rejectsDays, backups: settings.backup.keptDays },
        audit: settings.retention.auditDays,
      },
      quality: settings.quality,
      alertWorkflows: settings.monitoring?.alertWorkflows ?? new Map<string, never>(),
      prometheus,
      changes,
      settings: describeSettings(),
      readEngines: createEngineVersions({ pool, temporal, modelServer, prometheus }),
      readState: createPlatformState({ places: placesOf(settings), health, pool, temporal, kafka, onlineStore, prometheus }),
      backupPlace: { is_set_up: settings.backup.url !== undefined, is_encrypted: settings.backup.key !== undefined },
      minReplicas: settings.scaling?.minReplicas ?? 1,
      consolePlace: { port: settings.ports?.API_PORT ?? DEFAULT_PORTS.API_PORT, url: settings.console?.url },
      temporalUi: temporalUiOf(settings),
      mirrorUrl: settings.mirror?.url,
      erasureKey: settings.erasureKey,
      ...engines,
    },
    async close() {
      await changes.close();
      await closeDoor();
      await onlineStore.close();
      await engines.tmdbImages?.close();
      await temporal.connection.close();
      await Promise.all([pool.end(), reportPool.end()]);
    },
  };
}

const DOORS = ['airflow', 'mlflow', 'feast'] as const;

/** Where our other processes are: workers are looked for on this machine first, as on the one of `npm start`. */
function placesOf({ servingUrl, access: { host }, ports, elsewhere, surfaces }: ApiSettings): ProcessPlaces {
  const doors = DOORS.flatMap((name) => {
    const url = surfaces?.includes(name) === false ? elsewhere?.[name] : undefined;
    return url === undefined ? [] : [[name, new URL(url).origin] as const];
  });
  const workerAt = (port: PortName) => localUrl({ host, ports: ports! }, port, '');
  return {
    ...{ serving: new URL(servingUrl).origin, doors: Object.fromEntries(doors) },
    workers: ports
      ? {
          'worker-control': workerAt('WORKER_CONTROL_METRICS_PORT'),
          'worker-training': workerAt('WORKER_TRAINING_METRICS_PORT'),
          'worker-ingest': workerAt('WORKER_INGEST_METRICS_PORT'),
        }
      : {},
  };
}

/** That of the embedded Temporal listens on this machine alone, as whoever opens it does. */
function temporalUiOf({ temporal, ports, console: looks }: ApiSettings): ApiDeps['temporalUi'] {
  const embedded = temporal.external || !ports ? undefined : `http://127.0.0.1:${ports.TEMPORAL_UI_PORT}`;
  const url = looks?.temporalUiUrl ?? embedded;
  return url === undefined ? undefined : { url: url.replace(/\/$/, ''), namespace: temporal.namespace };
}
