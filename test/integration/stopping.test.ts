import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { DEFAULT_PORTS, PROJECT_ROOT } from '../../platform/config.ts';
import { waitFor } from '../support/waitFor.ts';

/** Takes connections and says nothing: every engine at its worst. */
let silent: Server;
beforeAll(async () => {
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(() => void silent.close());

const SOON_MS = 3_000;

/** Starts a built process and tells it to end as soon as it is so far. @returns how it ended, and how long that took */
async function tellToEnd(entry: string, isSoFar: (pid: number, output: string) => boolean) {
  const { port } = silent.address() as AddressInfo;
  const ports = await freePorts(Object.keys(DEFAULT_PORTS).length);
  const env = {
    ...process.env,
    ...Object.fromEntries(Object.keys(DEFAULT_PORTS).map((name, index) => [name, String(ports[index])])),
    DATABASE_URL: `postgres://mlops@127.0.0.1:${port}/mlops`,
    KAFKA_BROKERS: `127.0.0.1:${port}`,
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
  };
  const endEarly = path.join(PROJECT_ROOT, 'dist', 'platform', 'endEarly.js');
  const main = path.join(PROJECT_ROOT, 'dist', entry, 'main.js');
  const child = spawn(process.execPath, ['--import', endEarly, main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await waitFor(`${entry} to be so far`, () => isSoFar(child.pid ?? 0, output), { everyMs: 10 });
  const toldAt = Date.now();
  child.kill('SIGTERM');
  const [code, signal] = await ended;
  return { ended: code ?? signal, isSoon: Date.now() - toldAt < SOON_MS };
}

/** By the mask of signals that have a handler: that of SIGTERM, 15, is the first to be there. */
const catchesSigterm = (pid: number) =>
  (BigInt(`0x${/^SigCgt:\s+(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'}`) & (1n << 14n)) !== 0n;

test.each(['api', 'serving', 'workers/control', 'workers/ingest'])(
  '%s, told to end while the engines do not answer, ends soon and with 0',
  async (entry) => {
    expect(await tellToEnd(entry, (_pid, output) => output.includes('"started"'))).toEqual({ ended: 0, isSoon: true });
  },
);

test('a process that is told to end while it loads its modules ends soon and with 0', async () => {
  expect(await tellToEnd('workers/control', catchesSigterm)).toEqual({ ended: 0, isSoon: true });
});
