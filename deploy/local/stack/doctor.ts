import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { freemem } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { TASK_QUEUES } from '../../../contracts/workflows.ts';
import { describeTmdbKey, readTmdbKey } from '../../../contracts/tmdbKey.ts';
import { PROJECT_ROOT, type Config } from '../../../platform/config.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import { makeFolderSync } from '../../../platform/makeFolder.ts';
import { wrongNode } from '../setup/prerequisites.mjs';
import { type EngineName, isExternal, locateJava, locateKafka, locatePostgres, locateTemporal } from '../engines/engine.ts';
import { GET_MONITORS, locateMonitor, MONITOR_NAMES } from '../monitoring/programs.ts';
import { lookAtDisks, MAKE_ROOM } from './freeDisk.ts';
import { findPortConflicts, portsOf } from './ports.ts';
import { PROCESSES } from './processes.ts';
import { lookAtKafka } from './reach/kafka.ts';
import { lookAtMirror } from './reach/mirror.ts';
import { describeOwnPostgres, lookAtPostgres } from './reach/postgres.ts';
import { lookAtRedis } from './reach/redis.ts';
import { lookAtTemporal } from './reach/temporal.ts';
import { findLeftovers, findSupervisor } from './stackLock.ts';
import { lookAtQueues } from './unpolled.ts';

/** What one look at the machine found. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What mends it, where something is wrong */
  readonly fix: string | null;
}

interface Check {
  readonly name: string;
  readonly fix: string | ((config: Config) => string);
  /** @returns what is well. @throws with what is not */
  readonly look: (config: Config) => Promise<string>;
}

const GIGABYTE = 1024 ** 3;
const MIN_MEMORY = 3 * GIGABYTE;
const SETUP = 'npm run setup';
const MANAGED = 'docs/managed-engines.md has every variable';
const mendEngine = (name: EngineName) => (config: Config) => (isExternal(config)[name] ? MANAGED : SETUP);
const run = promisify(execFile);

const CHECKS: readonly Check[] = [
  { name: 'Node', fix: 'install a newer one', look: async () => expectPresent(wrongNode(process.versions.node), process.version) },
  { name: 'Java', fix: SETUP, look: lookAtJava },
  {
    name: 'Postgres',
    fix: mendEngine('postgres'),
    look: async (config) =>
      isExternal(config).postgres ? lookAtPostgres(config) : describeOwnPostgres(locatePostgres().version, config.database),
  },
  {
    name: 'Kafka',
    fix: mendEngine('kafka'),
    look: async (config) => (isExternal(config).kafka ? lookAtKafka(config) : expectThere(locateKafka(config.cacheDir))),
  },
  {
    name: 'Temporal',
    fix: mendEngine('temporal'),
    look: async (config) => (isExternal(config).temporal ? lookAtTemporal(config) : expectThere(locateTemporal(config.cacheDir))),
  },
  { name: 'Redis', fix: MANAGED, look: lookAtRedis },
  { name: 'MLflow mirror', fix: 'docs/registry.md says what it needs; MLFLOW_MIRROR_URI has its address', look: lookAtMirror },
  { name: 'Prometheus', fix: GET_MONITORS, look: async (config) => describeMonitors(config) },
  { name: 'TensorFlow', fix: SETUP, look: lookAtTensorflow },
  { name: 'TMDB', fix: 'set TMDB_API_KEY in .env', look: async ({ tmdb }) => describeTmdb(tmdb.apiKey) },
  { name: 'state folder', fix: 'give STATE_DIR a folder that you may write', look: async ({ stateDir }) => lookAtFolder(stateDir) },
  { name: 'disk', fix: MAKE_ROOM, look: lookAtRoom },
  {
    name: 'memory',
    fix: 'end other programs',
    look: async (config) => (isRunning(config) ? 'the stack has its share' : expectAtLeast(freemem(), MIN_MEMORY)),
  },
  { name: 'stack', fix: '`npm start`; where it runs, `npx mlops logs` shows the reason', look: async (config) => lookAtStack(config) },
  {
    name: 'task queues',
    fix: `cancel what waits there and start it on the queue \`${TASK_QUEUES.control}\`, or start the worker that it waits for`,
    look: async (config) => (isRunning(config) ? expectPolled(config) : 'the stack does not run'),
  },
];

/** Looks at everything that the platform needs of this machine, and at the stack where it runs. */
export const runDoctor = (config: Config): Promise<Finding[]> =>
  Promise.all(
    CHECKS.map(async ({ name, fix, look }): Promise<Finding> => {
      try {
        return { name, ok: true, detail: await look(config), fix: null };
      } catch (error) {
        return {
          name,
          ok: false,
          detail: error instanceof Error ? error.message : String(error),
          fix: typeof fix === 'string' ? fix : fix(config),
        };
      }
    }),
  );

/** Nothing is wrong without them, but for a program that a setting names. */
function describeMonitors(config: Config): string {
  if (config.monitoring.external) return `${config.monitoring.prometheusUrl}, which is not started here`;
  const programs = MONITOR_NAMES.map((name) => {
    const [given, program] = [config.monitoring.programs[name], locateMonitor(config, name)];
    if (given !== undefined && program === undefined) throw new Error(`${given} is missing`);
    return { name, program };
  });
  const found = programs.map(({ name, program }) => program ?? `no ${name}`);
  const canBeBrought = programs.some(({ name, program }) => program === undefined && name !== 'grafana');
  return `${found.join(', ')}${canBeBrought ? `: ${GET_MONITORS}` : ''}`;
}

/** Nothing is wrong without a key: MovieLens needs none. */
const describeTmdb = (apiKey: string | undefined): string =>
  apiKey
    ? `TMDB_API_KEY is set, to ${describeTmdbKey(readTmdbKey(apiKey))}`
    : 'TMDB_API_KEY is not set, so TMDB is not asked; docs/collection.md';

async function expectPolled(config: Config): Promise<string> {
  const waiting = await lookAtQueues(config).catch(() => undefined);
  if (waiting === undefined) return 'not known: Temporal cannot be asked';
  if (waiting.length > 0) throw new Error(waiting.join('; '));
  return 'no run waits for a worker that is not there';
}

async function lookAtJava({ kafka, cacheDir }: Config): Promise<string> {
  if (kafka.external) return 'not needed';
  const java = locateJava(cacheDir);
  return `${(await run(java, ['-version'])).stderr.split('\n')[0] ?? ''} (${java})`;
}

/** @throws with what is missing, where anything is */
function expectPresent(missing: string | undefined, found: string): string {
  if (missing !== undefined) throw new Error(missing);
  return found;
}

function expectThere(file: string): string {
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  return file;
}

function expectAtLeast(bytes: number, least: number): string {
  const text = `${(bytes / GIGABYTE).toFixed(1)} GB free`;
  if (bytes < least) throw new Error(`${text}; the platform takes up to ${least / GIGABYTE} GB`);
  return text;
}

/** In a process of its own: the library is large, and a broken one ends the process that loads it. */
export async function lookAtTensorflow({ tfBackend }: Pick<Config, 'tfBackend'>): Promise<string> {
  const module = path.join(PROJECT_ROOT, 'dist', 'platform', 'tensorflow.js');
  const script = `import { openTensorflow } from ${JSON.stringify(module)}; const t = await openTensorflow(${JSON.stringify(tfBackend)}); console.log('backend ' + t.backend + ', version ' + t.version);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  const said = stdout.trim().split('\n').at(-1) ?? ''; // tfjs greets before
  return /backend (wasm|js)/.test(said) ? `${said}: without the native addon, slower, and without the kinds of models that need it` : said;
}

async function lookAtFolder(folder: string): Promise<string> {
  makeFolderSync(folder);
  accessSync(folder, constants.W_OK);
  return folder;
}

async function lookAtRoom(config: Config): Promise<string> {
  const disks = await lookAtDisks(config);
  const text = disks.map((disk) => disk.text).join('; ');
  if (!disks.every(({ isEnough }) => isEnough)) throw new Error(text);
  return text;
}

const isRunning = ({ stateDir }: Config): boolean => findSupervisor(stateDir) !== undefined;

/** Where it runs, whether it is well; where not, whether it could. */
async function lookAtStack(config: Config): Promise<string> {
  if (!isRunning(config)) {
    const left = findLeftovers(config.stateDir).programs.map(({ name, pid }) => `${name} (process ${pid})`);
    if (left.length > 0)
      throw new Error(`its supervisor is gone and left ${left.join(', ')} running; \`npx mlops down\` or a start ends them`);
    const conflicts = await findPortConflicts(portsOf(config));
    if (conflicts.length > 0) throw new Error(`not running, and ${conflicts.join('; ')}`);
    return 'not running; its ports are free';
  }
  const unwell = await Promise.all(
    PROCESSES.map(async ({ name, port }) => {
      const answer = await fetch(localUrl(config, port, '/health/ready'), { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
      return answer?.ok ? undefined : `${name} ${answer ? `is not ready: ${await answer.text()}` : 'does not answer'}`;
    }),
  );
  const reasons = unwell.filter((reason) => reason !== undefined);
  if (reasons.length > 0) throw new Error(reasons.join('; '));
  return 'runs, and every process is ready';
}
