import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { testLog } from './testLog.ts';
import { waitFor } from './waitFor.ts';

export interface TestProcess {
  readonly url: string;
  readonly pid: number;
  /** What it has written so far. */
  output(): string;
  /** Sends the signal and waits until the process is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a built process, such as `workers/training`, and waits until it is ready.
 * @param port where it answers
 * @param probe what it answers well once it is started; that it is ready, with all its engines, when missing
 */
export async function startProcess(
  entry: string,
  port: number,
  env: Record<string, string>,
  probe = '/health/ready',
): Promise<TestProcess> {
  const file = path.join(PROJECT_ROOT, 'dist', entry, 'main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      testLog.write(chunk);
    });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(`${entry} to be ready`, () => isReady(child, url + probe, () => output));
  return { url, pid: child.pid ?? 0, output: () => output, end: (signal = 'SIGTERM') => endChild(child, signal) };
}

async function isReady(child: ChildProcess, probe: string, output: () => string): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output().slice(-2000)}`);
  return (await fetch(probe)).ok;
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
