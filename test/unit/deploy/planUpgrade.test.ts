import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../../deploy/local/engines/freePorts.ts';
import { planUpgrade } from '../../../deploy/local/stack/planUpgrade.ts';
import { releaseLock, takeLock } from '../../../deploy/local/stack/stackLock.ts';
import { toRow, writeState, type ServiceRow } from '../../../deploy/local/stack/stackState.ts';
import { identify } from '../../../deploy/local/supervision/processIdentity.ts';
import { DEFAULT_PORTS, readConfig, readRelease } from '../../../platform/config.ts';
import { listMigrations } from '../../../platform/migrate.ts';

/** Not in quotes, by which a folder of recordings would be taken for used here. */
const BEFORE = `0.3.0`;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops plan '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const portOf = async ({ stdout }: ChildProcess) => String(((await once(stdout!, 'data')) as [Buffer])[0]).trim();
const numbersOf = async (phase: string, above: number) =>
  (await listMigrations()).filter((each) => each.phase === phase && each.number > above).map(({ number }) => number);

test('from a release that is named: its schema, what expands it and what contracts it in the end', async () => {
  const { from, schema, not_undone, problems, recorded } = await planUpgrade(readConfig({}), BEFORE);
  expect(recorded[BEFORE]).toBeGreaterThan(10);
  expect({ from, is: schema.is, problems }).toEqual({ from: BEFORE, is: 11, problems: [] });
  expect(schema.expand.map(({ number }) => number)).toEqual(await numbersOf('expand', 11));
  expect(schema.contract.map(({ number }) => number)).toEqual(await numbersOf('contract', 0));
  expect(not_undone).toEqual([expect.stringContaining('51 without_0_3')]);
});

test('from the folder of a release, as its package.json and its migrations say', async () => {
  await mkdir(path.join(folder, 'data', 'migrations'), { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{"version": "9.9.9"}');
  await writeFile(path.join(folder, 'data', 'migrations', '999.do.later.sql'), '');
  const { from, schema, problems } = await planUpgrade(readConfig({}), folder);
  expect({ from, is: schema.is, expand: schema.expand }).toEqual({ from: '9.9.9', is: 999, expand: [] });
  expect(problems).toEqual([expect.stringContaining('older than what runs')]);
  await expect(planUpgrade(readConfig({}), '7.0.0')).rejects.toThrow(/no release of that name: there are 0\.3\.0/);
});

test('of what runs: which processes are new, in the order in which they are replaced; it is not safe where engines cannot be asked, somebody has a port, or a process is down', async () => {
  const health = createServer((_request, response) => void readRelease().then((release) => response.end(JSON.stringify({ release }))));
  await once(health.listen(0, '127.0.0.1'), 'listening');
  const foreign = spawn(process.execPath, [
    '-e',
    'const s = require("net").createServer().listen(0, "127.0.0.1", () => console.log(s.address().port))',
  ]);
  const names = Object.keys(DEFAULT_PORTS);
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, at) => [name, String(free[at])]));
  const config = readConfig({
    ...{ ...ports, STATE_DIR: folder, SERVING_PORT: await portOf(foreign) },
    WORKER_CONTROL_METRICS_PORT: String((health.address() as AddressInfo).port),
  });
  await expect(planUpgrade(config)).rejects.toThrow(/No stack runs/);
  await takeLock(folder, () => undefined);
  const self = toRow(identify(process.pid));
  const row = (name: string, kind: ServiceRow['kind'], state: ServiceRow['state']): ServiceRow => ({
    ...{ name, kind, state, port: null, ...self, started_at: null, restarts: 0, last_exit: null },
  });
  const services = [row('postgres', 'engine', 'running'), row('api', 'process', 'restarting'), row('worker-control', 'process', 'running')];
  writeState(folder, { supervisor: self, guard: self, ports: {}, services });
  const { processes, engines, problems } = await planUpgrade(config);
  releaseLock(folder);
  health.close();
  foreign.kill();
  expect(processes).toMatchObject([
    { name: 'worker-control', release: await readRelease(), is_new: true },
    { name: 'api', release: null, is_new: false },
  ]);
  expect(engines).toEqual(['postgres']);
  expect(problems).toEqual([
    expect.stringContaining('Postgres cannot be asked'),
    expect.stringContaining('Temporal cannot be asked'),
    expect.stringMatching(/^port \d+, for serving, is in use by process \d+/),
    'api is restarting: mend it first',
  ]);
});
