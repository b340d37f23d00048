import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeOwnedFolder } from '../../deploy/local/engines/unprivileged.ts';
import { DEFAULT_PORTS, PROJECT_ROOT, type PortName } from '../../platform/config.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { testLog } from './testLog.ts';
import { waitFor } from './waitFor.ts';

export interface TestStack {
  readonly apiUrl: string;
  readonly servingUrl: string;
  /** Where it keeps everything. */
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly pid: number;
  output(): string;
  /** Resolves with the exit code when the command has ended. */
  ended(): Promise<number | null>;
  /** Ctrl-C; resolves with the exit code. */
  interrupt(): Promise<number | null>;
  kill(): void;
  /** Removes the folder. */
  remove(): Promise<void>;
}

/** Settings of a stack of its own: random ports, and a temporary folder for state, data and models. */
export async function createStackSettings(): Promise<{ folder: string; env: Record<string, string>; ports: Record<PortName, number> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops stack '));
  const names = Object.keys(DEFAULT_PORTS) as PortName[];
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [name, free[index]])) as Record<PortName, number>;
  const folders = {
    STATE_DIR: path.join(folder, 'state'),
    DATA_DIR: path.join(folder, 'data'),
    BLOB_URL: `file:${path.join(folder, 'models')}`,
    SYSTEM_CHECK_CRON: '0 0 1 1 *', // no run of its own in the middle of a test
    PROMETHEUS_PROGRAM: path.join(folder, 'none'), // whether the machine has one or not
  };
  const env = { ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])), ...folders };
  return { folder, env, ports };
}

/** Runs the README's command, `npm start -- <args>`, with such settings. */
export async function startStack(args: string[], settings?: Awaited<ReturnType<typeof createStackSettings>>): Promise<TestStack> {
  const { folder, env, ports } = settings ?? (await createStackSettings());
  const child = spawn(process.execPath, [path.join('deploy', 'local', 'start.mjs'), ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      testLog.write(chunk);
    });
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return {
    apiUrl: `http://127.0.0.1:${ports.API_PORT}`,
    servingUrl: `http://127.0.0.1:${ports.SERVING_PORT}`,
    folder,
    env,
    pid: child.pid ?? 0,
    output: () => output,
    ended: () => exit,
    interrupt: () => {
      child.kill('SIGINT');
      return exit;
    },
    kill: () => void child.kill('SIGKILL'),
    async remove() {
      await removeOwnedFolder(path.join(env['STATE_DIR'] ?? '', 'postgres')); // as root it lies elsewhere
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a line of the stack's output. @throws at once when the command ended before it said so */
export async function waitForOutput(stack: TestStack, text: string | RegExp, timeoutMs?: number): Promise<void> {
  const said = () => (typeof text === 'string' ? stack.output().includes(text) : text.test(stack.output()));
  const ended = stack.ended().then((code) => {
    if (!said()) throw new Error(`the command ended with ${code} before it said ${text}:\n${stack.output().slice(-3_000)}`);
  });
  const waiting = waitFor(`${text}`, said, { everyMs: 100, ...(timeoutMs !== undefined && { timeoutMs }) }).catch((error: Error) => {
    throw new Error(`${error.message}, of:\n${stack.output().slice(-3_000)}`);
  });
  await Promise.race([waiting, ended]);
}
