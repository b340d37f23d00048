import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { waitFor } from '../test/support/waitFor.ts';

/** A server under measurement, a process of its own or a group of them. */
export interface MeasuredServer {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Remembers a server that was started, so that it ends with the run. */
export type Keep = (server: MeasuredServer) => MeasuredServer;

/** MLServer with workers does not end by being asked. */
const STOP_MS = 10_000;

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  /** What it says, for when it ends early; written here where it does not write there itself */
  readonly logFile: string;
  /** 1 for the process alone, -1 for its group */
  readonly to: 1 | -1;
  /** Answers 200 once it serves; `/health` when missing */
  readonly healthPath?: string;
}

const running = new Set<() => void>();
// A run may be ended while a server of its is still coming up, which nobody could have kept.
process.once('exit', () => {
  for (const kill of running) kill();
});

/** Waits until a server that was started answers. @throws Error with its last words where it ends before */
export async function answering({ child, port, logFile, to, healthPath = '/health' }: Started): Promise<MeasuredServer> {
  const { pid = 0 } = child;
  const outputs = [child.stdout, child.stderr].filter((output) => output !== null);
  const log = outputs.length > 0 ? createWriteStream(logFile) : undefined;
  for (const output of outputs) output.pipe(log!, { end: false });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    process.kill(to * pid, 'SIGTERM');
    const inTime = await Promise.race([gone.then(() => true), sleep(STOP_MS, false, { ref: false })]);
    if (inTime) return;
    process.kill(to * pid, 'SIGKILL');
    await gone;
  };
  const kill = () => process.kill(to * pid, 'SIGKILL');
  running.add(kill);
  child.once('exit', () => running.delete(kill));
  const url = `http://127.0.0.1:${port}`;
  try {
    const ended = once(child, 'exit').then(async ([code]) => {
      throw new Error(`the server ended with ${code}: ${(await readFile(logFile, 'utf8')).slice(-2_000)}`);
    });
    await Promise.race([waitFor(url, () => fetch(`${url}${healthPath}`).then(({ ok }) => ok)), ended]);
    ended.catch(() => undefined);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid, stop };
}

/** @returns its address */
export async function createDatabase(postgresUrl: string, name: string): Promise<string> {
  await runSql(postgresUrl, [`create database ${name}`]);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs statements one after the other over a connection of their own. */
export async function runSql(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
