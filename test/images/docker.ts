import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import versions from '../../deploy/local/versions.json' with { type: 'json' };
import { DEFAULT_PORTS, PROJECT_ROOT, readConfig } from '../../platform/config.ts';

const run = promisify(execFile);
const MOST_BYTES = 2 ** 26;
const COMPOSE = 'github.com/docker/compose/v2';

/** Every port is moved by this, so that a stack of `npm start` may run beside it. */
export const PORT_OFFSET = 21_000;
const OTHER_PORTS = { REDIS_PORT: 6379, KAFKA_UI_PORT: 8082, GRAFANA_PORT: 3000 };
const ports = Object.fromEntries(
  Object.entries({ ...DEFAULT_PORTS, ...OTHER_PORTS }).map(([name, port]) => [name, String(port + PORT_OFFSET)]),
);

/** Commands as one types them in the folder of the project. */
export interface Shell {
  /** @returns what it wrote to stdout @throws Error with what it said, where it ends with another code than 0 */
  (line: string, env?: Readonly<Record<string, string>>): Promise<string>;
}

/** A shell in which `docker compose` is there: the one that Docker has, else one that Go builds into the cache. */
export async function openShell(folder: string): Promise<Shell> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...ports, COMPOSE_ANSI: 'never', COMPOSE_PROGRESS: 'plain', DOCKER_CLI_HINTS: 'false' };
  const shell: Shell = async (line, more) => {
    const options = { cwd: PROJECT_ROOT, env: { ...env, ...more }, maxBuffer: MOST_BYTES };
    try {
      return (await run('bash', ['-c', line], options)).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${line}\n${`${stdout}${stderr}`.split('\n').slice(-30).join('\n')}`, { cause: error });
    }
  };
  const isThere = await shell('docker compose version').then(
    () => true,
    () => false,
  );
  if (!isThere) env['DOCKER_CONFIG'] = await pluginFolder(folder);
  return shell;
}

async function pluginFolder(folder: string): Promise<string> {
  const built = path.join(readConfig().cacheDir, `docker-compose-${versions.compose}`);
  const program = path.join(built, 'docker-compose');
  if (!existsSync(program)) {
    await mkdir(built, { recursive: true });
    await writeFile(path.join(built, 'go.mod'), `module compose\n\ngo 1.24\n\nrequire ${COMPOSE} v${versions.compose}\n`);
    await run('go', ['build', '-mod=mod', '-ldflags=-s -w', '-o', program, `${COMPOSE}/cmd`], { cwd: built, maxBuffer: MOST_BYTES });
  }
  await mkdir(path.join(folder, 'cli-plugins'), { recursive: true });
  await symlink(program, path.join(folder, 'cli-plugins', 'docker-compose'));
  return folder;
}

/** Flags of `docker build`: with BASE and BUILD_BASE set, those take the place of the public base, and builds use the network of this machine. */
export const buildFlags = ['BASE', 'BUILD_BASE']
  .flatMap((name) => (process.env[name] ? [`--build-arg ${name}=${process.env[name]}`] : []))
  .concat(process.env['BASE'] ? ['--network host'] : [])
  .join(' ');
