import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { DEFAULT_PORTS, PROJECT_ROOT } from '../../platform/config.ts';
import { busyBound } from '../support/busyBound.ts';
import { waitFor } from '../support/waitFor.ts';

/** Takes connections and says nothing: every engine at its worst. */
let silent: Server;
beforeAll(async () => {
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(() => void silent.close());

/** SHUTDOWN_TIMEOUT_MS is 10 s. */
const SOON_MS = 4_000;
const LOADING = 'loads its modules';
const SAYS_LOADING = `data:text/javascript,process.stdout.write('${LOADING}')`;

/** Starts a built process and tells it to end as soon as it has written `when`. @returns how it ended, and how long that took */
async function tellToEnd(entry: string, when: string) {
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
  const child = spawn(process.execPath, ['--import', endEarly, '--import', SAYS_LOADING, main], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await waitFor(`${entry} to say ${when}`, () => output.includes(when), { everyMs: 10 });
  const toldAt = Date.now();
  child.kill('SIGTERM');
  const [code, signal] = await ended;
  return { ended: code ?? signal, isSoon: Date.now() - toldAt < busyBound(SOON_MS) };
}

test('processes that are told to end while the engines do not answer end soon and with 0', async () => {
  const entries = ['api', 'serving', 'workers/control', 'workers/training', 'workers/ingest'];
  const endings = await Promise.all(entries.map((entry) => tellToEnd(entry, '"started"')));
  expect(endings).toEqual(entries.map(() => ({ ended: 0, isSoon: true })));
});

test('a process that is told to end while it loads its modules ends soon and with 0', async () => {
  expect(await tellToEnd('workers/control', LOADING)).toEqual({ ended: 0, isSoon: true });
});
