import { existsSync } from 'node:fs';
import { chmod, chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { logTail, startChild } from '../supervision/child.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';
import { commandLineOf } from '../../../platform/proc.mjs';
import { identify, isAlive, signal } from '../supervision/processIdentity.ts';
import { asEngine, locatePostgres, type Engine } from './engine.ts';
import { openCopy, ownedFolder, unprivilegedAccount, type Account } from './unprivileged.ts';

const USER = 'mlops';
const PASSWORD = 'mlops';
const DATABASE = 'mlops';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // A path in a socket's name may hold 107 bytes, fewer than some state folders have.
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Our queries are short; compiling them costs more than it saves.
  jit: 'off',
};

/** "fast": ends sessions, writes all out */
export const POSTGRES_ENDING = { stopSignal: 'SIGINT' } as const;

export interface PostgresOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly logFile: string;
}

/** Starts Postgres on loopback, with the user and the database that `platform/config.ts` names by default. Makes the cluster on the first start. */
export async function startPostgres({ dataDir, port, logFile }: PostgresOptions): Promise<Engine> {
  const account = unprivilegedAccount();
  const { folder, version } = locatePostgres();
  const programs = path.join(account ? await openCopy(folder, `postgres-${version}`) : folder, 'bin');
  const home = account ? await ownedFolder(dataDir, account) : dataDir;
  const cluster = path.join(home, 'cluster');
  if (!existsSync(cluster)) await initialise({ home, cluster, programs, account, logFile });
  await endLeftover(cluster);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = await startChild({
    command: path.join(programs, 'postgres'),
    args: ['-D', cluster, '-p', String(port), ...settings],
    logFile,
    account,
    cwd: home,
    ...POSTGRES_ENDING,
  });
  const address = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`;
  return asEngine(child, { name: 'postgres', address }, () => ensureDatabase(port));
}

/** Made aside and renamed, so that an interrupted first start leaves nothing that looks like a cluster. */
async function initialise({ home, cluster, programs, account, logFile }: Initialise): Promise<void> {
  const aside = path.join(home, 'cluster.new');
  const passwordFile = path.join(home, '.password');
  await makeFolder(home);
  await rm(aside, { recursive: true, force: true });
  await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
  if (account) await chown(passwordFile, account.uid, account.gid);
  const initdb = await startChild({
    command: path.join(programs, 'initdb'),
    args: [
      `--pgdata=${aside}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Sorts and folds case the same on every machine, whatever locales it has.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    logFile,
    account,
    cwd: home,
  });
  const ending = await initdb.ended;
  await rm(passwordFile, { force: true });
  if (ending !== 'code 0') {
    await rm(aside, { recursive: true, force: true });
    throw new Error(`the cluster cannot be made (${ending}):\n${logTail(logFile)}`);
  }
  await chmod(aside, 0o700);
  await rename(aside, cluster);
}

interface Initialise {
  readonly home: string;
  readonly cluster: string;
  readonly programs: string;
  readonly account: Account | undefined;
  readonly logFile: string;
}

/**
 * A Postgres that was killed leaves its pid file, and Postgres refuses to start when that pid is now somebody else's. One that outlived its
 * supervisor holds the cluster, and is ended first.
 */
async function endLeftover(cluster: string): Promise<void> {
  const pidFile = path.join(cluster, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid)) return;
  const owner = identify(pid);
  if (commandLineOf(pid).includes(cluster)) {
    signal(owner, 'SIGINT');
    while (isAlive(owner)) await sleep(50);
  }
  await rm(pidFile, { force: true });
}

async function ensureDatabase(port: number): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: USER,
    password: PASSWORD,
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
  });
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
