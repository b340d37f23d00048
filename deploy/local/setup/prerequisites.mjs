import { runCommand, SetupError } from './command.mjs';
import { findOnPath } from './findOnPath.mjs';

/** What a person must have brought; the rest is fetched. */
const PREREQUISITES = {
  python: {
    what: 'Python 3 with pip (fetches TensorFlow and what builds and runs the engines)',
    probe: ['python3', '-m', 'pip', '--version'],
    install: 'apt-get install python3 python3-pip',
  },
  venv: {
    what: "Python's venv (holds the Python clients that tests use)",
    probe: ['python3', '-c', 'import ensurepip, venv'],
    install: 'apt-get install python3-venv',
  },
  openssl: {
    what: 'OpenSSL (makes the certificates that tests use)',
    probe: ['openssl', 'version'],
    install: 'apt-get install openssl',
  },
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

/**
 * Every binary that npm and PyPI hold for us is made against glibc, on 64 bits.
 * @returns {string | undefined} what to do elsewhere
 */
export function wrongPlatform(platform = process.platform) {
  if (platform !== 'linux') {
    return `Linux; on ${platform}, \`docker compose up\` in this folder starts all of it (docs/docker.md); on Windows also WSL`;
  }
  const isKnown = ['x64', 'arm64'].includes(process.arch) && process.report.getReport().header.glibcVersionRuntime !== undefined;
  return isKnown ? undefined : '64-bit Linux with glibc, as Debian, Ubuntu, Fedora and their kin have it (Alpine has musl)';
}

/** @returns {Promise<string | undefined>} what to do where it is not there */
async function missingOf(name) {
  const { what, probe, install } = PREREQUISITES[name];
  const [program, ...args] = probe;
  const isThere = findOnPath(program) && (await runCommand(program, args).catch(() => undefined)) !== undefined;
  return isThere ? undefined : `${what}\n      install: ${install}`;
}

/** @param {number[]} version compared part by part */
export function isAtLeast(version, least) {
  for (const [index, part] of least.entries()) {
    if ((version[index] ?? 0) !== part) return (version[index] ?? 0) > part;
  }
  return true;
}
