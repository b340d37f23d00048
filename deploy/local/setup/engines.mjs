import { existsSync, readFileSync } from 'node:fs';
import { chmod, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce } from './cache.mjs';
import { runCommand } from './command.mjs';
import { findOnPath } from './findOnPath.mjs';

const versions = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'));
const pom = (name) => fileURLToPath(new URL(`poms/${name}.xml`, import.meta.url));

/**
 * The engines that are installed into the cache folder. (Postgres comes with the npm dependencies.)
 * `givenBy`: the variable that makes the embedded one needless. `onPath`: a program that is used where it is found.
 */
const ENGINES = [
  {
    title: 'Temporal server',
    entry: `temporal-${versions.temporal}`,
    givenBy: 'TEMPORAL_ADDRESS',
    onPath: 'temporal',
    needs: ['go'],
    install: (folder, step) =>
      runCommand('go', ['install', '-v', '-ldflags=-s -w', `github.com/temporalio/cli/cmd/temporal@v${versions.temporal}`], {
        env: { GOBIN: folder },
        onLine: step.say,
      }),
  },
  {
    title: 'Kafka',
    entry: `kafka-${versions.kafka}`,
    givenBy: 'KAFKA_BROKERS',
    onPath: 'kafka-server-start.sh',
    needs: ['java', 'maven'],
    install: (folder, step) => copyJars('kafka', versions.kafka, folder, step),
  },
];
const TIME_SKIPPING_SERVER = {
  title: 'Temporal test server',
  entry: `temporal-test-server-${versions.temporal_test_server}`,
  needs: ['java', 'maven'],
  async install(folder, step) {
    await copyJars('temporal-test-server', versions.temporal_test_server, folder, step);
    const script = path.join(folder, 'run');
    await writeFile(script, '#!/bin/sh\nexec java -Xmx256m -cp "$(dirname "$0")/*" io.temporal.testserver.TestServer "$@"\n');
    await chmod(script, 0o755);
  },
};

/** Where no redis-server is on PATH, it is unpacked from Debian's packages, which needs no root. */
const REDIS = {
  title: 'Redis',
  entry: 'redis',
  onPath: 'redis-server',
  needs: ['apt', 'dpkg'],
  async install(folder, step) {
    const fetch = () => runCommand('apt-get', ['download', ...REDIS_PACKAGES], { cwd: folder, onLine: step.say });
    await fetch().catch(async () => {
      await runCommand('apt-get', ['update'], { onLine: step.say }); // a new machine has no package lists yet
      await fetch();
    });
    const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
    for (const name of packages) await runCommand('dpkg-deb', ['-x', path.join(folder, name), folder]);
    await symlink(path.join('usr', 'bin', 'redis-check-rdb'), path.join(folder, 'redis-server')); // one program, by the name it is called by
  },
};
const REDIS_PACKAGES = ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];

/** Clients of the tools that the surfaces stand in for, each in a virtual environment of its own. */
const pythonClient = (title, name, version) => ({
  title,
  entry: `python-${name}-${version}`,
  needs: ['python', 'venv'],
  async install(folder, step) {
    await runCommand('python3', ['-m', 'venv', folder], { onLine: step.say });
    const install = ['-m', 'pip', 'install', '--disable-pip-version-check', `${name}==${version}`];
    await runCommand(path.join(folder, 'bin', 'python3'), install, { onLine: step.say });
  },
});

const FOR_TESTS = [
  TIME_SKIPPING_SERVER,
  REDIS,
  pythonClient("Airflow's Python client", 'apache-airflow-client', versions.airflow_client),
  pythonClient("Feast's Python client", 'feast', versions.feast),
];

/** For `npm run test:schemathesis` alone. */
export const SCHEMATHESIS = pythonClient('Schemathesis', 'schemathesis', versions.schemathesis);

/**
 * @param {{ test: boolean, cacheDir: string, env: NodeJS.ProcessEnv }} options for tests the embedded engines are used whatever the environment says
 * @returns the engines that are still to be installed, and what the engines need to run
 */
export function missingEngines({ test, cacheDir, env }) {
  const embedded = ENGINES.filter(({ givenBy }) => test || !env[givenBy]);
  const missing = [...embedded, ...(test ? FOR_TESTS : [])].filter(
    ({ entry, onPath }) => !(onPath && findOnPath(onPath)) && !existsSync(path.join(cacheDir, entry)),
  );
  return { missing, runsOn: embedded.some(({ needs }) => needs.includes('java')) ? ['java'] : [] };
}

export async function installEngine({ entry, install }, cacheDir, step) {
  await installOnce(cacheDir, entry, (folder) => install(folder, step), step.say);
}

const copyJars = (name, version, folder, step) =>
  runCommand(
    'mvn',
    [
      '--batch-mode',
      '--file',
      pom(name),
      `-Dengine.version=${version}`,
      `-DoutputDirectory=${folder}`,
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
    ],
    { onLine: step.say },
  );
