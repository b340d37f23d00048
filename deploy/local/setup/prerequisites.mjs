import { runCommand, SetupError } from './command.mjs';
import { findOnPath } from './findOnPath.mjs';

/** What a step of the setup, or an engine, needs from the machine. `versionOf` reads it from what the program prints. */
const PREREQUISITES = {
  java: {
    what: 'Java 17 or newer (runs Kafka)',
    probe: ['java', '-version'],
    versionOf: /version "(\d+)/,
    least: [17],
    install: 'apt-get install openjdk-17-jre-headless',
  },
  maven: { what: 'Maven (fetches the jars of Kafka)', probe: ['mvn', '--version'], install: 'apt-get install maven' },
  go: {
    what: 'Go 1.21 or newer (builds the Temporal server; or put the `temporal` command itself on PATH)',
    probe: ['go', 'version'],
    versionOf: /go(\d+)\.(\d+)/,
    least: [1, 21],
    install: 'see https://go.dev/doc/install',
  },
  python: {
    what: 'Python 3 with pip (fetches the TensorFlow library)',
    probe: ['python3', '-m', 'pip', '--version'],
    install: 'apt-get install python3 python3-pip',
  },
  venv: {
    what: "Python's venv (holds the Python clients that tests use)",
    probe: ['python3', '-c', 'import ensurepip, venv'],
    install: 'apt-get install python3-venv',
  },
  apt: {
    what: 'redis-server on PATH, or apt-get to fetch it (the online store that tests use)',
    probe: ['apt-get', '--version'],
    install: 'see https://redis.io/docs/latest/operate/oss_and_stack/install/',
  },
  dpkg: { what: 'dpkg-deb (unpacks Redis)', probe: ['dpkg-deb', '--version'], install: 'put redis-server on PATH' },
  compiler: { what: 'g++ (builds the TensorFlow addon)', probe: ['g++', '--version'], install: 'apt-get install g++' },
};
const MIN_NODE = [20, 19];

/**
 * @param {(keyof typeof PREREQUISITES)[]} needed
 * @throws SetupError that names all that are missing at once, each with the line that installs it
 */
export async function checkPrerequisites(needed) {
  const missing = [wrongNode(process.versions.node), wrongPlatform(), ...(await Promise.all(needed.map(missingOf)))].filter(Boolean);
  if (missing.length === 0) return;
  throw new SetupError(`These are missing on this machine:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
}

/** @returns {string | undefined} what to do when this version of Node is too old */
export function wrongNode(version) {
  if (isAtLeast(version.split('.').map(Number), MIN_NODE)) return undefined;
  return `Node ${MIN_NODE.join('.')} or newer; this is ${version}\n      install: see https://nodejs.org/en/download`;
}

const wrongPlatform = () =>
  process.platform === 'linux' ? undefined : `Linux (on ${process.platform}, use a container or a virtual machine; on Windows, WSL)`;

/**
 * @param {keyof typeof PREREQUISITES} name
 * @returns {Promise<string | undefined>} what to do where it is not there, or too old
 */
export async function missingOf(name) {
  const { what, probe, versionOf, least, install } = PREREQUISITES[name];
  const [program, ...args] = probe;
  const said = findOnPath(program) && (await runCommand(program, args).catch(() => undefined));
  if (said === undefined) return `${what}\n      install: ${install}`;
  if (!versionOf) return undefined;
  const version = (versionOf.exec(said) ?? []).slice(1).map(Number);
  return isAtLeast(version, least) ? undefined : `${what}; found ${version.join('.') || 'another program'}\n      install: ${install}`;
}

/** @param {number[]} version compared part by part */
export function isAtLeast(version, least) {
  for (const [index, part] of least.entries()) {
    if ((version[index] ?? 0) !== part) return (version[index] ?? 0) > part;
  }
  return true;
}
