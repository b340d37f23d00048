import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAlive, signal } from '../../deploy/local/supervision/processIdentity.ts';
import { reservePort } from '../../deploy/local/engines/freePorts.ts';
import { findPortConflicts, portsOf } from '../../deploy/local/stack/ports.ts';
import { lockFile } from '../../deploy/local/stack/stackLock.ts';
import { readState, stateFile, toIdentity } from '../../deploy/local/stack/stackState.ts';
import type { PlatformState } from '../../contracts/system.ts';
import { PROJECT_ROOT, readConfig } from '../../platform/config.ts';
import { createStackSettings, startStack, waitForOutput, type TestStack } from '../support/stack.ts';
import { waitFor } from '../support/waitFor.ts';

const READY = 'Ctrl-C stops everything';
const FIRST_LINE = /^Console: .*\n/;
const started: TestStack[] = [];
let stack: TestStack;

beforeAll(async () => {
  stack = await start(await createStackSettings());
  await waitForOutput(stack, READY);
});
afterAll(async () => {
  for (const left of started) {
    left.kill();
    await left.ended();
    await left.remove();
  }
});

test('the first that a start says is where the console is', () => {
  expect(stack.output()).toMatch(
    new RegExp(`^Console: http://127\\.0\\.0\\.1:${readConfig(stack.env).ports.API_PORT}/console, once it is ready\n`),
  );
});

async function start(settings: Awaited<ReturnType<typeof createStackSettings>>, ...args: string[]): Promise<TestStack> {
  const fresh = await startStack(['--no-job', ...args], settings);
  started.push(fresh);
  return fresh;
}
const stateDirOf = ({ env }: Pick<TestStack, 'env'>) => env['STATE_DIR'] ?? '';
const rowsOf = (of: TestStack) => readState(stateDirOf(of))?.services ?? [];
const identitiesOf = (of: TestStack) =>
  rowsOf(of).flatMap(({ pid, start_time }) => (pid === null || start_time === null ? [] : [toIdentity({ pid, start_time })]));

/** Every process, port, lock and state file that a stack could leave. */
async function remainsOf({ env }: Pick<TestStack, 'env'>, processes: ReturnType<typeof identitiesOf>) {
  const files = [lockFile, stateFile].map((file) => file(stateDirOf({ env }))).filter(existsSync);
  return { processes: processes.filter(isAlive), ports: await findPortConflicts(portsOf(readConfig(env))), files };
}
const NOTHING = { processes: [], ports: [], files: [] };

test('a second start of the same state is refused, and says how to see and stop the first', async () => {
  const second = await startStack(['--no-job'], { folder: stack.folder, env: stack.env, ports: readConfig(stack.env).ports });
  expect(await second.ended()).toBe(1);
  expect(second.output()).toContain(
    `is running already (process ${stack.pid}). \`npx mlops status\` shows it, \`npx mlops down\` stops it.`,
  );
  expect(rowsOf(stack).every(({ state }) => state === 'running')).toBe(true);
});

test('a port in use is named, with what it is for and the variable that changes it, before anything starts', async () => {
  const settings = await createStackSettings();
  const taken = stack.env['API_PORT'] ?? '';
  const apiPid = rowsOf(stack).find(({ name }) => name === 'api')?.pid;
  const refused = await start({ ...settings, env: { ...settings.env, API_PORT: taken } });
  expect(await refused.ended()).toBe(1);
  expect(refused.output().replace(FIRST_LINE, '')).toBe(
    `The stack cannot start:\n  port ${taken}, for api, is in use by process ${apiPid} (node), which is not of this stack: ` +
      'set API_PORT, or PORT_OFFSET to move all ports\n',
  );
  expect(await readdir(stateDirOf(refused))).toEqual(['logs']);
});

test('a disk without room is named, with what it has and what is needed, before anything starts', async () => {
  const settings = await createStackSettings();
  const refused = await start({ ...settings, env: { ...settings.env, BLOB_URL: 'file:/proc/models' } });
  expect(await refused.ended()).toBe(1);
  expect(refused.output().replace(FIRST_LINE, '')).toMatch(/^The stack cannot start:\n {2}0\.0 GB free of the 0\.1 GB needed \(models in/);
});

test('a part of the stack has its processes and the engines that they need, and says what it left out', async () => {
  const part = await start(await createStackSettings(), '--only', 'api');
  await waitForOutput(part, READY);
  expect(
    rowsOf(part)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['api', 'kafka', 'postgres', 'serving', 'temporal', 'worker-control', 'worker-ingest']);
  expect(part.output()).toContain('Left out: worker-training, prometheus, alertmanager.');
  expect(await part.interrupt()).toBe(0);
  for (const [args, words] of [
    [['--only', 'everything'], 'there is no part everything; there are api and ml and monitoring'],
    [['--only', 'ml', '--job'], '--job needs the whole stack'],
    [['--only', 'monitoring'], 'There is no Prometheus here: `npm run monitoring:install` gets both'],
  ] as const) {
    const refused = await startStack([...args], await createStackSettings());
    started.push(refused);
    expect(await refused.ended()).toBe(1);
    expect(refused.output()).toContain(words);
  }
});

test('a process that dies is named and started again', async () => {
  const victim = rowsOf(stack).find(({ name }) => name === 'worker-ingest')!;
  signal(toIdentity({ pid: victim.pid!, start_time: victim.start_time! }), 'SIGKILL');
  await waitForOutput(stack, 'worker-ingest ended with signal SIGKILL; starting it again in 0.25 s (1)');
  await waitForOutput(stack, 'worker-ingest is back');
});

test('the API tells how each process and engine does, and one that stands still within seconds', async () => {
  const read = async () => (await (await fetch(`${stack.apiUrl}/api/v1/system/state`)).json()) as PlatformState;
  const states = async () => (await read()).processes.map(({ name, state }) => `${name} ${state}`).join(', ');
  const well = `api ok, serving unwell, worker-control ok, worker-training ok, worker-ingest ok, postgres ok, online store ok, temporal ok, kafka ok`;
  await waitFor('all to be well, but for a model server without models', async () => (await states()) === well);
  const { processes } = await read();
  expect(processes.filter(({ kind, started_at, release }) => kind === 'process' && !(started_at && release))).toEqual([]);

  const { pid, start_time } = rowsOf(stack).find(({ name }) => name === 'worker-training')!;
  const worker = toIdentity({ pid: pid!, start_time: start_time! });
  signal(worker, 'SIGSTOP');
  await waitFor('it to be told', async () => (await states()).includes('worker-training away')).finally(() => signal(worker, 'SIGCONT'));
  await waitFor('all to be well again', async () => (await states()) === well);
});

test('a second stack runs beside the first with PORT_OFFSET alone, and a kill -9 of its supervisor leaves nothing of it', async () => {
  const { folder, env, ports } = await createStackSettings();
  const folders = Object.fromEntries(['STATE_DIR', 'DATA_DIR', 'BLOB_URL', 'PROMETHEUS_PROGRAM'].map((name) => [name, env[name] ?? '']));
  const beside = await start({ folder, ports, env: { ...folders, PORT_OFFSET: await freeOffset() } });
  await waitForOutput(beside, READY);
  const processes = identitiesOf(beside);
  expect(processes).toHaveLength(8);

  // In another terminal, where nobody has heard of the offset.
  const { status, stderr } = spawnSync(process.execPath, ['cli/mlops.mjs', 'runs'], {
    ...{ cwd: PROJECT_ROOT, env: { ...process.env, ...folders }, encoding: 'utf8' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });

  beside.kill();
  await waitFor('everything to end', async () => !existsSync(lockFile(stateDirOf(beside))));
  expect(await remainsOf(beside, processes)).toEqual(NOTHING);
  expect(identitiesOf(stack).every(isAlive)).toBe(true);
});

test('Ctrl-C ends everything in order, with exit code 0, and leaves no process, port or lock', async () => {
  const processes = identitiesOf(stack);
  expect(processes).toHaveLength(8);
  expect(await stack.interrupt()).toBe(0);
  expect(await remainsOf(stack, processes)).toEqual(NOTHING);
  const order = [...stack.output().matchAll(/stop (\S+) /g)].map(([, name]) => name);
  expect(order.slice(0, 2).sort()).toEqual(['api', 'serving']);
  expect(order.at(-1)).toBe('postgres');
});

async function freeOffset(): Promise<string> {
  for (;;) {
    const offset = String(5_000 + Math.floor(Math.random() * 15_000));
    const ports = portsOf(readConfig({ PORT_OFFSET: offset }));
    if (ports.every(({ port }) => reservePort(port)) && (await findPortConflicts(ports)).length === 0) return offset;
  }
}
