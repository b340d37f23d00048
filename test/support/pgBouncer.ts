import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { locatePgBouncer } from '../../deploy/local/engines/engine.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { unprivilegedAccount } from '../../deploy/local/engines/unprivileged.ts';
import { startChild, untilReady } from '../../deploy/local/supervision/child.ts';
import { readConfig } from '../../platform/config.ts';
import { askPostgresOnce } from '../../platform/postgres.ts';

export interface PgBouncer {
  readonly port: number;
  remove(): Promise<void>;
}

/** A pooler in transaction mode before a Postgres that wants TLS, with one connection of the server for all its clients. */
export async function startPgBouncer(to: { port: string; user: string; password: string; database: string }): Promise<PgBouncer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops-pgbouncer-'));
  const [port = 0] = await freePorts(1);
  const users = path.join(folder, 'users.txt');
  await writeFile(users, `"${to.user}" "${to.password}"\n`);
  const file = path.join(folder, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]
${to.database} = host=127.0.0.1 port=${to.port} dbname=${to.database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 1
server_tls_sslmode = require
`,
  );
  const { command, libraries } = locatePgBouncer(readConfig().cacheDir);
  const child = await startChild({
    command,
    // It does not run as root, and becomes another once it has read its files.
    args: [...(unprivilegedAccount() ? ['-u', 'nobody'] : []), file],
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
    logFile: path.join(folder, 'pgbouncer.log'),
  });
  const url = new URL(`postgres://127.0.0.1:${port}/${to.database}`);
  [url.username, url.password] = [to.user, encodeURIComponent(to.password)];
  await untilReady(child, () => askPostgresOnce(url.href, 'select 1'));
  return {
    port,
    async remove() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
