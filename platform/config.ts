import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import type { S3Access } from './blobs/s3.ts';
import { commaSeparated } from './commaSeparated.ts';
import { cronLineSchema } from '../contracts/cron.ts';
import { ROLES, type Role } from '../contracts/roles.ts';
import { ACCESS_SETTINGS } from '../contracts/settings/access.ts';
import { CONSOLE_SETTINGS } from '../contracts/settings/console.ts';
import { BACKUP_SETTINGS, type BackupSettings } from '../contracts/settings/backup.ts';
import { DRIFT_SETTINGS, type DriftSettings } from '../contracts/settings/drift.ts';
import { FEATURE_SETTINGS, type FeatureSettings } from '../contracts/settings/features.ts';
import { QUALITY_SETTINGS, type QualityBounds } from '../contracts/settings/quality.ts';
import { RETENTION_SETTINGS, type RetentionSettings } from '../contracts/settings/retention.ts';
import { SCALING_SETTINGS, type ScalingSettings } from '../contracts/settings/scaling.ts';
import { MIRROR_SETTINGS, type MirrorSettings } from '../contracts/settings/mirror.ts';
import { checkMonitoring, MONITORING_SETTINGS, type MonitoringSettings } from '../contracts/settings/monitoring.ts';
import { milliseconds } from '../contracts/settings/settings.ts';
import { TMDB_SETTINGS, type TmdbSettings } from '../contracts/settings/tmdb.ts';
import { TRACES_SETTINGS, type TracesSettings } from '../contracts/settings/traces.ts';
import type { Setting } from '../contracts/system.ts';
import type { WebhookSettings } from '../contracts/webhooks.ts';
import { isHostEntry } from './addresses.ts';
import { fileTwin, readSecretFiles } from './connections/files.ts';
import { checkKafka, KAFKA_VARIABLES, readKafka, type KafkaConnection } from './connections/kafka.ts';
import { checkDatabase, POSTGRES_VARIABLES, readPostgres, type PostgresSettings } from './connections/postgres.ts';
import { readRedis, REDIS_VARIABLES } from './connections/redis.ts';
import { checkTemporal, readTemporal, TEMPORAL_VARIABLES, type TemporalConnection } from './connections/temporal.ts';

/** Folder that holds package.json, whether this runs from the sources or from `dist/`. */
export const PROJECT_ROOT = (() => {
  const above = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
  return path.basename(above) === 'dist' ? path.dirname(above) : above;
})();

/** Ports by the name of their variable, before PORT_OFFSET is added. */
export const DEFAULT_PORTS = {
  API_PORT: 8000,
  SERVING_PORT: 8001,
  AIRFLOW_PORT: 8080,
  MLFLOW_PORT: 5000,
  FEAST_PORT: 6566,
  KAFKA_UI_PORT: 8082,
  WORKER_CONTROL_METRICS_PORT: 9464,
  WORKER_TRAINING_METRICS_PORT: 9465,
  WORKER_INGEST_METRICS_PORT: 9466,
  POSTGRES_PORT: 5432,
  KAFKA_PORT: 9092,
  KAFKA_CONTROLLER_PORT: 9094,
  TEMPORAL_PORT: 7233,
  TEMPORAL_UI_PORT: 8233,
  TEMPORAL_METRICS_PORT: 9467,
  PROMETHEUS_PORT: 9090,
  ALERTMANAGER_PORT: 9093,
  GRAFANA_PORT: 3000,
} as const;
export type PortName = keyof typeof DEFAULT_PORTS;

/** What the API process answers as, each on a port of its own. */
export const SURFACE_PORTS = {
  api: 'API_PORT',
  airflow: 'AIRFLOW_PORT',
  mlflow: 'MLFLOW_PORT',
  feast: 'FEAST_PORT',
} as const satisfies Record<string, PortName>;
export type SurfaceName = keyof typeof SURFACE_PORTS;
const SURFACE_NAMES = Object.keys(SURFACE_PORTS) as [SurfaceName, ...SurfaceName[]];

const port = (purpose: string) => z.coerce.number().int().min(1).max(65_535).optional().describe(purpose);

/** `name:role:secret` entries: the secret is sent as `X-API-Key`, as a bearer token, or as the password of `name` in basic auth. */
const credentials = z
  .string()
  .default('')
  .transform((text, context) =>
    text
      .split(',')
      .filter(Boolean)
      .flatMap((entry) => {
        const [name = '', role = '', ...secret] = entry.trim().split(':');
        const known = ROLES.find((candidate) => candidate === role);
        if (known && name && secret.join(':').length >= 16) return [{ name, role: known, secret: secret.join(':') }];
        context.addIssue(
          `entry "${name}:${role}:…" must be name:role:secret, role one of ${ROLES.join(', ')}, secret of 16 characters or more`,
        );
        return [];
      }),
  );

const surfaces = z
  .string()
  .default(SURFACE_NAMES.join())
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(SURFACE_NAMES)).min(1));

const HOSTS = 'must be host names, IP addresses or ranges such as 10.1.0.0/16, comma separated';

const environmentSchema = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address every process listens on; anything wider than loopback needs CREDENTIALS'),
  TRUST_NETWORK: z
    .enum(['0', '1'])
    .default('0')
    .describe('1: without CREDENTIALS whoever reaches HOST is admin; for containers whose ports are published on loopback alone'),
  PORT_OFFSET: z.coerce.number().int().min(0).max(50_000).default(0).describe('Added to every port that is not given by its own variable'),
  API_PORT: port('Port of the API'),
  SERVING_PORT: port('Port of the model server'),
  AIRFLOW_PORT: port('Port of the Airflow-compatible API'),
  MLFLOW_PORT: port('Port of the MLflow-compatible model registry'),
  FEAST_PORT: port('Port of the Feast-compatible feature server'),
  KAFKA_UI_PORT: port("Port where other stacks have a page for Kafka: with the embedded Kafka, it leads browsers to the console's events"),
  SURFACES: surfaces.describe('What an API process answers as, comma separated; one alone moves its traffic to a process of its own'),
  WORKER_CONTROL_METRICS_PORT: port('Health and metrics of the control worker'),
  WORKER_TRAINING_METRICS_PORT: port('Health and metrics of the training worker'),
  WORKER_INGEST_METRICS_PORT: port('Health and metrics of the ingest worker'),
  POSTGRES_PORT: port('Port of the embedded Postgres'),
  KAFKA_PORT: port('Port of the embedded Kafka'),
  KAFKA_CONTROLLER_PORT: port('Controller port of the embedded Kafka'),
  TEMPORAL_PORT: port('Port of the embedded Temporal server'),
  TEMPORAL_UI_PORT: port('Port of the Temporal Web UI'),
  TEMPORAL_METRICS_PORT: port('Metrics of the embedded Temporal server'),
  PROMETHEUS_PORT: port('Port of the Prometheus that is started where its program is here'),
  ALERTMANAGER_PORT: port('Port of the Alertmanager that is started with it'),
  GRAFANA_PORT: port('Port of the Grafana that is started with it, where its program is here'),

  ...POSTGRES_VARIABLES,
  ...KAFKA_VARIABLES,
  ...TEMPORAL_VARIABLES,
  ...REDIS_VARIABLES,
  SERVING_URL: z.url().optional().describe('Address of the model server, where it is not on this machine'),
  AIRFLOW_URL: z
    .url()
    .optional()
    .describe('Address of the Airflow-compatible API, where it is not on this machine; the check of the systems asks it'),
  MLFLOW_URL: z.url().optional().describe('Address of the MLflow-compatible model registry, in the same way'),
  FEAST_URL: z.url().optional().describe('Address of the Feast-compatible feature server, in the same way'),

  SERVED_KEPT_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(90)
    .describe('Days for which it can be told what made an answer of the model server'),

  SERVING_PROCESSES: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Processes that score for the model server, each with all models in its memory'),
  SERVING_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Memory that each of them may take; 0: they share 75 % of the machine'),
  SERVING_WAITING: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe('Requests that wait for one of them at most; more get 503'),
  SERVING_DEADLINE_MS: milliseconds(10_000, 'From a request that is to be scored to its answer; later ones get 503'),

  STATE_DIR: z.string().default('.mlops').describe('State of the embedded engines, process ids, logs'),
  CACHE_DIR: z.string().optional().describe('Where engines are installed [~/.cache/movie-mlops]'),
  DATA_DIR: z.string().default('data').describe('Folder under which raw/ and processed/ are written'),
  BLOB_URL: z
    .string()
    .regex(/^file:.|^s3:\/\/[a-z\d][a-z\d.-]+(\/.*)?$/, 'file:<folder> or s3://<bucket>/<prefix>')
    .default('file:models')
    .describe('Where snapshots, models and run artifacts lie: file:<folder> or s3://<bucket>/<prefix>'),
  AWS_ENDPOINT_URL_S3: z.url().optional().describe("Address of the S3-compatible store of BLOB_URL, where it is not Amazon's"),
  AWS_REGION: z.string().default('us-east-1').describe('Region of the bucket'),
  AWS_ACCESS_KEY_ID: z.string().optional().describe('Who reads and writes the bucket'),
  AWS_SECRET_ACCESS_KEY: z.string().optional().describe('The secret of that key'),
  AWS_SESSION_TOKEN: z
    .string()
    .optional()
    .describe('The session token of a key that is given for a while; the process is started anew with the next one'),

  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info').describe('Least level that is logged'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(10_000, 'SIGTERM drains at most this long'),
  STALLED_AFTER_MS: milliseconds(30_000, 'A loop or partition that fails for longer makes its process unready'),
  CREDENTIALS: credentials.describe('Who may call: name:role:secret, comma separated'),
  ALLOWED_HOSTS: commaSeparated.describe('Host names, beside localhost, that requests may carry'),
  ALLOWED_ORIGINS: commaSeparated.describe('Web origins, beside our own, whose pages may send requests'),
  ...ACCESS_SETTINGS.variables,
  ALLOW_REGISTRY_RESET: z
    .enum(['0', '1'])
    .default('0')
    .describe('1: an admin may empty the model registry (mlops registry reset), for tests of compatibility'),
  ...MIRROR_SETTINGS.variables,

  TF_BACKEND: z
    .enum(['auto', 'gpu', 'cpu', 'wasm', 'js'])
    .default('auto')
    .describe('Where TensorFlow runs: its native addon on gpu or cpu, WebAssembly, plain JavaScript, or the first of these that loads'),
  TRAINING_SLOTS: z.coerce.number().int().min(1).max(64).default(2).describe('Training tasks that a worker runs side by side at most'),
  TRAINING_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Memory that the tasks of a worker may take; 0: 75 % of the machine'),
  TRAINING_CHECKPOINT_MS: milliseconds(60_000, 'Between two checkpoints inside a long epoch; each epoch ends with one anyway'),
  ...TMDB_SETTINGS.variables,
  IMPORT_ALLOWED_HOSTS: commaSeparated
    .refine((entries) => entries.every(isHostEntry), HOSTS)
    .describe('Hosts that sets are imported from though they are no public addresses, such as a mirror: names, IP addresses, ranges'),
  IMPORT_MAX_MB: z.coerce.number().int().min(1).default(2048).describe('A downloaded set, and what a zip unpacks to, at most'),
  WEBHOOK_SECRET_KEY: z
    .string()
    .min(32)
    .optional()
    .describe(
      'What the secrets of webhooks are encrypted with in the database, 32 characters or more; without one they are kept as they are',
    ),
  ERASURE_KEY: z
    .string()
    .min(32)
    .optional()
    .describe(
      "What the ids of erased users are hashed with, 32 characters or more; without one the database's own key is taken, which its backups hold too",
    ),
  WEBHOOK_ALLOWED_HOSTS: commaSeparated
    .refine((entries) => entries.every(isHostEntry), HOSTS)
    .describe('Receivers of webhooks that are told though they are no public addresses: names, IP addresses, ranges'),
  WEBHOOK_ALLOW_HTTP: z.enum(['0', '1']).default('0').describe('1: webhooks may be sent without TLS'),
  ...QUALITY_SETTINGS.variables,
  ...FEATURE_SETTINGS.variables,
  COLLECTION_CRON: cronLineSchema.default('0 3 * * *').describe('When movie data is collected, UTC'),
  MATERIALIZATION_CRON: cronLineSchema.default('30 3 * * *').describe('When features are computed and brought online, UTC'),
  TRAINING_CRON: cronLineSchema.default('0 4 * * 0').describe('When models are trained, UTC'),
  BLOB_CLEANUP_CRON: cronLineSchema.default('0 6 * * *').describe('When blobs that nothing refers to are removed, UTC'),
  SYSTEM_CHECK_CRON: cronLineSchema.default('*/15 * * * *').describe('When each of the nine systems is asked whether it is well, UTC'),
  DRIFT_CRON: cronLineSchema.default('0 5 * * 1').describe('When the week before is compared with what champions learnt from, UTC'),
  ...DRIFT_SETTINGS.variables,
  ...SCALING_SETTINGS.variables,
  ...BACKUP_SETTINGS.variables,
  ...RETENTION_SETTINGS.variables,

  ...TRACES_SETTINGS.variables,
  ...MONITORING_SETTINGS.variables,
  ...CONSOLE_SETTINGS.variables,
  MLOPS_API_URL: z.url().optional().describe('API that the command line talks to [http://127.0.0.1:<API_PORT>]'),
  MLOPS_API_KEY: z.string().optional().describe('Secret that the command line sends as X-API-Key'),
});
type Environment = z.infer<typeof environmentSchema>;

/** Each may be given as `<NAME>_FILE`, a file that holds it, as orchestrators hand secrets out. */
const SECRETS: readonly string[] = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'PGPASSWORD',
  'KAFKA_SASL_PASSWORD',
  'TEMPORAL_API_KEY',
  'REDIS_URL',
  'REDIS_PASSWORD',
  'CREDENTIALS',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'MLFLOW_MIRROR_URI',
  'MLFLOW_MIRROR_PASSWORD',
  'MLFLOW_MIRROR_TOKEN',
  'TMDB_API_KEY',
  'WEBHOOK_SECRET_KEY',
  'ERASURE_KEY',
  'BACKUP_KEY',
  'MLOPS_API_KEY',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'ALERT_SLACK_URL',
  'ALERT_WEBHOOK_URL',
  'ALERT_SMTP_PASSWORD',
  'GRAFANA_PASSWORD',
] satisfies (keyof Environment)[];

/** Every setting of the platform, read once at boot. Paths are absolute, ports final. */
export interface Config {
  readonly host: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly surfaces: readonly SurfaceName[];
  readonly database: PostgresSettings;
  readonly kafka: KafkaConnection & { readonly topicPrefix: string; readonly external: boolean };
  readonly temporal: TemporalConnection & { readonly external: boolean };
  readonly redisUrl: string | undefined;
  readonly servingUrl: string;
  /** Of those of our own processes that are elsewhere, as far as the environment names them */
  readonly elsewhere: Readonly<Record<SurfaceName | 'serving', string | undefined>>;
  readonly servedKeptDays: number;
  /** The processes that score for the model server */
  readonly scoring: { readonly processes: number; readonly memoryMb: number; readonly waitingAtMost: number; readonly deadlineMs: number };
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly dataDir: string;
  readonly blobUrl: string;
  /** Where BLOB_URL or BACKUP_URL is a bucket, or a key is given for one */
  readonly s3: S3Access | undefined;
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly shutdownTimeoutMs: number;
  readonly stalledAfterMs: number;
  readonly access: Access;
  readonly allowRegistryReset: boolean;
  /** Another MLflow server that the registry is logged to; undefined where there is none */
  readonly mirror: MirrorSettings | undefined;
  readonly tfBackend: Environment['TF_BACKEND'];
  readonly training: { readonly slots: number; readonly memoryMb: number; readonly checkpointEveryMs: number };
  readonly tmdb: TmdbSettings;
  readonly imports: { readonly allowedHosts: readonly string[]; readonly maxBytes: number };
  readonly webhooks: WebhookSettings;
  /** What ids of erased users are hashed with; undefined: the database's own key */
  readonly erasureKey: string | undefined;
  readonly quality: QualityBounds;
  readonly features: FeatureSettings;
  readonly schedules: {
    readonly collectionCron: string;
    readonly materializationCron: string;
    readonly trainingCron: string;
    readonly tmdbRetentionCron: string;
    readonly blobCleanupCron: string;
    readonly systemCheckCron: string;
    readonly driftCron: string;
    readonly backupCron: string;
    readonly backupDrillCron: string;
    readonly retentionCron: string;
  };
  readonly backup: BackupSettings;
  readonly retention: RetentionSettings;
  readonly drift: DriftSettings;
  readonly scaling: ScalingSettings;
  /** Where traces are sent; undefined where there are none */
  readonly traces: TracesSettings | undefined;
  /** Where people look */
  readonly console: ReturnType<typeof CONSOLE_SETTINGS.read>;
  /** The API as the command line reaches it. */
  readonly client: { readonly apiUrl: string; readonly apiKey: string | undefined };
  readonly monitoring: MonitoringSettings & { readonly prometheusUrl: string; readonly grafanaUrl: string };
}

/** Who may call. */
export interface Access {
  readonly host: string;
  /** Without credentials whoever gets through to us is admin: nobody else's machine does. */
  readonly trustsNetwork?: boolean;
  readonly credentials: readonly { readonly name: string; readonly role: Role; readonly secret: string }[];
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Of each caller, to each process; 0, and when missing: as many as they like */
  readonly requestsPerMinute?: number;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];
export const isLoopback = (host: string): boolean => LOOPBACK_HOSTS.includes(host);

/** The version of the project. */
export async function readVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The release that runs: the version, and of what it was built, since a version is developed for weeks. From the sources the version alone. */
export async function readRelease(): Promise<string> {
  const built = await readFile(path.join(PROJECT_ROOT, 'dist', 'built-from.json'), 'utf8').catch(() => '{}');
  const { sources } = JSON.parse(built) as { sources?: string };
  return `${await readVersion()}${sources === undefined ? '' : `+${sources.slice(0, 12)}`}`;
}

/**
 * The variables of this process, with those of a `.env` file beside package.json where this process has none.
 * @throws ConfigError that names what the file sets and nothing reads
 */
export function readVariables(file = path.join(PROJECT_ROOT, '.env')): Variables {
  if (!existsSync(file)) return process.env;
  const own = parseEnv(readFileSync(file, 'utf8'));
  const known = [...Object.keys(environmentSchema.shape), ...SECRETS.map(fileTwin)];
  const unknown = Object.keys(own).filter((name) => !known.includes(name));
  if (unknown.length === 0) return { ...own, ...process.env };
  throw new ConfigError(`${file} sets ${unknown.join(', ')}, which nothing reads; .env.template has every variable`);
}

/** For a library that reads the environment by itself, where what an `.env` file says is not. */
export const tellEnvironment = (variables: Readonly<Record<string, string>>): void => void Object.assign(process.env, variables);

/**
 * Reads the configuration from an environment; an empty value counts as missing.
 * @throws ConfigError that lists every wrong value at once, each with what it is for
 */
export function readConfig(env: Variables = readVariables()): Config {
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => !!entry[1]));
  const secrets = readSecretFiles(given, SECRETS);
  const parsed = environmentSchema.safeParse(secrets.values);
  const issues = [
    ...secrets.wrong,
    ...(parsed.error?.issues.map(({ path: [name], message }) => ({ name: String(name), message })) ?? []),
    ...(parsed.data ? checkTogether(parsed.data) : []),
  ];
  const engines = parsed.data && issues.length === 0 ? readEngines(parsed.data, issues) : undefined;
  if (!parsed.data || !engines || issues.length > 0) {
    const wrong = issues.map(({ name, message }) => `  ${describeIssue(name, message)}`);
    throw new ConfigError(`The configuration is not usable:\n${wrong.join('\n')}`);
  }
  return toConfig(parsed.data, engines);
}

interface Issue {
  readonly name: string;
  readonly message: string;
}

/** What is wrong between variables that are right each for itself. */
function checkTogether(env: Environment): Issue[] {
  const isOpen = !isLoopback(env.HOST) && env.TRUST_NETWORK === '0' && env.CREDENTIALS.length === 0;
  const message = `HOST is ${env.HOST}, wider than loopback, so callers must be known`;
  return [
    ...(isOpen ? [{ name: 'CREDENTIALS', message }] : []),
    ...checkDatabase(env),
    ...checkKafka(env),
    ...checkTemporal(env),
    ...checkS3(env),
    ...checkMonitoring(env),
  ];
}

const inS3 = (env: Environment) => (['BLOB_URL', 'BACKUP_URL'] as const).find((name) => env[name]?.startsWith('s3:'));

function checkS3(env: Environment): Issue[] {
  const needed = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
  const which = inS3(env);
  const message = which && `${which} is ${env[which]}, which is reached with a key alone`;
  return message ? needed.filter((name) => env[name] === undefined).map((name) => ({ name, message })) : [];
}

function readS3(env: Environment): S3Access | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? `https://s3.${region}.amazonaws.com`;
  return { endpoint, region, accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined };
}

type Engines = Pick<Config, 'database' | 'kafka' | 'temporal' | 'redisUrl'>;

/** How each engine is reached. @param issues takes what is wrong with the files that the variables name */
function readEngines(env: Environment, issues: Issue[]): Engines | undefined {
  const ports = portsOf(env);
  const attempt = <T>(name: keyof Environment, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      issues.push({ name, message: (error as Error).message });
      return undefined;
    }
  };
  const embedded = `postgres://mlops:mlops@127.0.0.1:${ports.POSTGRES_PORT}/mlops`;
  const database = attempt('DATABASE_URL', () => readPostgres(env, embedded));
  const kafka = readKafka(env, `127.0.0.1:${ports.KAFKA_PORT}`);
  const temporal = attempt('TEMPORAL_ADDRESS', () => readTemporal(temporalPart(env), `127.0.0.1:${ports.TEMPORAL_PORT}`));
  return database && temporal && { database, kafka, temporal, redisUrl: readRedis(env) };
}

const temporalPart = (env: Environment) => z.object(TEMPORAL_VARIABLES).parse(env);

const describeIssue = (name: string, message: string) =>
  `${name}: ${message} (${environmentSchema.shape[name as keyof typeof environmentSchema.shape]?.description ?? 'unknown'})`;

const portsOf = (env: Environment) =>
  Object.fromEntries(
    Object.entries(DEFAULT_PORTS).map(([name, fallback]) => [name, env[name as PortName] ?? fallback + env.PORT_OFFSET]),
  ) as Record<PortName, number>;

function toConfig(env: Environment, engines: Engines): Config {
  const ports = portsOf(env);
  const fromRoot = (folder: string) => path.resolve(PROJECT_ROOT, folder);
  const fileFromRoot = (url: string) => (url.startsWith('file:') ? `file:${fromRoot(url.slice('file:'.length))}` : url);
  return {
    host: env.HOST,
    ports,
    surfaces: env.SURFACES,
    ...engines,
    servingUrl: env.SERVING_URL ?? `http://127.0.0.1:${ports.SERVING_PORT}`,
    elsewhere: { api: env.MLOPS_API_URL, serving: env.SERVING_URL, airflow: env.AIRFLOW_URL, mlflow: env.MLFLOW_URL, feast: env.FEAST_URL },
    servedKeptDays: env.SERVED_KEPT_DAYS,
    scoring: {
      processes: env.SERVING_PROCESSES,
      memoryMb: env.SERVING_MEMORY_MB || Math.floor(shareOfMemoryMb(0.75) / env.SERVING_PROCESSES),
      waitingAtMost: env.SERVING_WAITING,
      deadlineMs: env.SERVING_DEADLINE_MS,
    },
    stateDir: fromRoot(env.STATE_DIR),
    cacheDir: env.CACHE_DIR ? fromRoot(env.CACHE_DIR) : path.join(process.env['HOME'] ?? PROJECT_ROOT, '.cache', 'movie-mlops'),
    dataDir: fromRoot(env.DATA_DIR),
    blobUrl: fileFromRoot(env.BLOB_URL),
    s3: readS3(env),
    logLevel: env.LOG_LEVEL,
    shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
    stalledAfterMs: env.STALLED_AFTER_MS,
    access: {
      ...{ host: env.HOST, trustsNetwork: env.TRUST_NETWORK === '1', credentials: env.CREDENTIALS },
      ...{ allowedHosts: env.ALLOWED_HOSTS, allowedOrigins: env.ALLOWED_ORIGINS },
      ...ACCESS_SETTINGS.read(env),
    },
    allowRegistryReset: env.ALLOW_REGISTRY_RESET === '1',
    mirror: MIRROR_SETTINGS.read(env),
    tfBackend: env.TF_BACKEND,
    training: {
      slots: env.TRAINING_SLOTS,
      memoryMb: env.TRAINING_MEMORY_MB || shareOfMemoryMb(0.75),
      checkpointEveryMs: env.TRAINING_CHECKPOINT_MS,
    },
    tmdb: TMDB_SETTINGS.read(env),
    imports: { allowedHosts: env.IMPORT_ALLOWED_HOSTS, maxBytes: env.IMPORT_MAX_MB * 2 ** 20 },
    webhooks: {
      allowedHosts: env.WEBHOOK_ALLOWED_HOSTS,
      allowsHttp: env.WEBHOOK_ALLOW_HTTP === '1',
      secretKey: env.WEBHOOK_SECRET_KEY,
    },
    erasureKey: env.ERASURE_KEY,
    quality: QUALITY_SETTINGS.read(env),
    features: FEATURE_SETTINGS.read(env),
    schedules: {
      collectionCron: env.COLLECTION_CRON,
      materializationCron: env.MATERIALIZATION_CRON,
      trainingCron: env.TRAINING_CRON,
      tmdbRetentionCron: env.TMDB_RETENTION_CRON,
      blobCleanupCron: env.BLOB_CLEANUP_CRON,
      systemCheckCron: env.SYSTEM_CHECK_CRON,
      driftCron: env.DRIFT_CRON,
      backupCron: env.BACKUP_CRON,
      backupDrillCron: env.BACKUP_DRILL_CRON,
      retentionCron: env.RETENTION_CRON,
    },
    backup: readBackup(env, fileFromRoot),
    retention: RETENTION_SETTINGS.read(env),
    drift: DRIFT_SETTINGS.read(env),
    monitoring: {
      ...MONITORING_SETTINGS.read(env),
      prometheusUrl: env.PROMETHEUS_URL ?? `http://127.0.0.1:${ports.PROMETHEUS_PORT}`,
      grafanaUrl: env.GRAFANA_URL ?? `http://127.0.0.1:${ports.GRAFANA_PORT}`,
    },
    scaling: SCALING_SETTINGS.read(env),
    traces: TRACES_SETTINGS.read(env),
    console: CONSOLE_SETTINGS.read(env),
    client: { apiUrl: env.MLOPS_API_URL ?? `http://127.0.0.1:${ports.API_PORT}`, apiKey: env.MLOPS_API_KEY },
  };
}

function readBackup(env: Environment, fromRoot: (url: string) => string): BackupSettings {
  const { url, ...settings } = BACKUP_SETTINGS.read(env);
  return { ...settings, url: url && fromRoot(url) };
}

/** Of the container where there is one, else of the machine. */
const shareOfMemoryMb = (share: number) => Math.floor((share * Math.min(totalmem(), process.constrainedMemory() || Infinity)) / 2 ** 20);

/** Every variable as the environment has it: what it is for, its value, and where that comes from. The value of a secret is not told. */
export function describeSettings(env: Variables = readVariables()): Setting[] {
  const offset = Number(env['PORT_OFFSET'] || 0);
  return describeEnvironment().map(({ name, purpose, fallback }) => {
    const isSecret = SECRETS.includes(name);
    const isInFile = isSecret && !env[name] && !!env[fileTwin(name)];
    const isGiven = isInFile || !!env[name];
    const usual = name in DEFAULT_PORTS ? String(Number(fallback) + offset) : fallback;
    const value = isSecret ? null : withoutPassword(env[name] || usual) || null;
    const source = isInFile ? 'file' : isGiven ? 'environment' : 'default';
    return { name, purpose, source, is_secret: isSecret, is_set: isGiven || usual !== '', value };
  });
}

/** Addresses may have a user and a password, or a token behind `?`. */
const withoutPassword = (value: string): string =>
  value.includes('://') ? value.replace(/(:\/\/)[^/@\s]*@/g, '$1…@').replace(/\?\S*/g, '?…') : value;

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Every variable with its purpose and its default as one would write it (empty where there is none), for `.env.template`. */
export function describeEnvironment(): { name: string; purpose: string; fallback: string }[] {
  const fallbacks: Record<string, unknown> = { ...DEFAULT_PORTS, ...environmentSchema.parse({}) };
  const show = (fallback: unknown) =>
    typeof fallback === 'string' || typeof fallback === 'number' || isTexts(fallback) ? String(fallback) : '';
  return Object.entries(environmentSchema.shape).map(([name, schema]) => ({
    name,
    purpose: `${schema.description ?? ''}${SECRETS.includes(name) ? `; or ${fileTwin(name)}, a file with it` : ''}`,
    fallback: show(fallbacks[name]),
  }));
}
