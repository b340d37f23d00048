import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChild, untilReady, type Child } from '../../../deploy/local/supervision/child.ts';
import { startGuard } from '../../../deploy/local/supervision/guard.ts';
import { findPortConflicts, portsOf } from '../../../deploy/local/stack/ports.ts';
import { findStarted, identify, isAlive, signal } from '../../../deploy/local/supervision/processIdentity.ts';
import { backOffMs, createService } from '../../../deploy/local/supervision/service.ts';
import { lockFile, releaseLock, takeLock } from '../../../deploy/local/stack/stackLock.ts';
import { keepState, readState, serviceRowOf, stateFile, writeState } from '../../../deploy/local/stack/stackState.ts';
import { readConfig } from '../../../platform/config.ts';
import { statOf } from '../../../platform/proc.mjs';
import { mountSmallDisk, removeSmallDisks } from '../../support/smallDisk.ts';
import { waitFor } from '../../support/waitFor.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops stack '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const children: Child[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill()));
const log = () => path.join(folder, 'child.log');
const forever = (logFile: string) => ({ command: process.execPath, args: ['-e', FOREVER], logFile });
async function node(script: string): Promise<Child> {
  const child = await startChild({ command: process.execPath, args: ['-e', script], logFile: log(), stopTimeoutMs: 300 });
  children.push(child);
  return child;
}
const FOREVER = 'setInterval(() => {}, 1000)';
const STUBBORN = `process.on('SIGTERM', () => {}); console.log('deaf'); ${FOREVER}`;

describe('a child', () => {
  test('is asked to end, and killed when it does not in time', async () => {
    const polite = await node(FOREVER);
    await polite.stop();
    expect(await polite.ended).toBe('signal SIGTERM');
    const stubborn = await node(STUBBORN);
    await waitFor('its handler', async () => (await readFile(log(), 'utf8')).includes('deaf'));
    await stubborn.stop();
    expect(await stubborn.ended).toBe('signal SIGKILL');
  });

  test('that ends before it is ready is told with the end of its log', async () => {
    const child = await node('console.error("port taken"); process.exit(7)');
    await expect(untilReady(child, async () => Promise.reject(new Error('no answer')))).rejects.toThrow(/ended with code 7.*port taken/s);
  });

  test('that cannot be started is named', async () => {
    await expect(startChild({ command: path.join(folder, 'none'), args: [], logFile: log() })).rejects.toThrow(/none cannot be started/);
  });
});

describe('a service', () => {
  test('that ends by itself is started again and named; one that was told to end is not', async () => {
    const guard = startGuard({ logFile: path.join(folder, 'guard.log') });
    const said: string[] = [];
    const start = async () => ({ ...(await node(FOREVER)), ready: Promise.resolve() });
    const service = createService(
      { name: 'worker', kind: 'process', port: 1, rank: 0, start },
      { guard, say: (message) => said.push(message), changed: () => undefined },
    );
    await service.up();
    const first = service.status().child!;
    process.kill(first.pid, 'SIGKILL');
    await waitFor('the restart', () => service.status().restarts === 1 && service.status().state === 'running');
    const second = service.status().child!;
    expect(second.pid).not.toBe(first.pid);
    expect(said).toEqual(['worker ended with signal SIGKILL; starting it again in 0.25 s (1)', 'worker is back']);
    expect(service.status()).toMatchObject({ restarts: 1, lastExit: 'signal SIGKILL' });
    await service.down();
    expect(isAlive(second)).toBe(false);
    expect(service.status().state).toBe('stopped');
    await guard.release();
  });

  test('waits longer after each failure, half a minute at most', () => {
    expect([0, 1, 2, 3, 20].map(backOffMs)).toEqual([250, 500, 1000, 2000, 30_000]);
  });
});

describe('the guard', () => {
  test('ends what it watches, and removes the lock, when its supervisor is killed', async () => {
    const lock = path.join(folder, 'lock');
    await writeFile(lock, '');
    const child = await node(FOREVER);
    const stubborn = spawn(process.execPath, ['-e', FOREVER], { detached: true, stdio: 'ignore' });
    const watch = [child, identify(stubborn.pid!)].map(({ pid, startTime }, rank) => ({
      watch: { pid, startTime, name: 'child', rank, signal: 'SIGTERM' },
    }));
    const script = path.resolve('deploy/local/supervision/guard.mjs');
    const guard = spawn(process.execPath, [script, path.join(folder, 'guard.log'), lock], { stdio: ['pipe', 'ignore', 'inherit'] });
    guard.stdin.end(watch.map((message) => `${JSON.stringify(message)}\n`).join(''));
    await Promise.all([once(guard, 'exit'), child.ended]);
    expect(isAlive(identify(stubborn.pid!))).toBe(false);
    expect(existsSync(lock)).toBe(false);
  });

  test('leaves a process alone that has the pid of one it watched', async () => {
    const child = await node(FOREVER);
    const guard = spawn(process.execPath, [path.resolve('deploy/local/supervision/guard.mjs'), path.join(folder, 'guard.log')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    guard.stdin.end(`${JSON.stringify({ watch: { pid: child.pid, startTime: '1', name: 'other', rank: 0, signal: 'SIGTERM' } })}\n`);
    await once(guard, 'exit');
    expect(isAlive(child)).toBe(true);
    await child.stop();
  });
});

describe('the lock', () => {
  const quiet = () => undefined;

  test('is had by one supervisor of a state folder at a time', async () => {
    await takeLock(folder, quiet);
    await expect(takeLock(folder, quiet)).rejects.toThrow(`running already (process ${process.pid})`);
    releaseLock(folder);
    await takeLock(folder, quiet);
  });

  test('of a dead supervisor is taken over, and what it left running is ended', async () => {
    const left = await node(FOREVER);
    const dead = { pid: 2 ** 22 + 1, start_time: '1' };
    await writeFile(lockFile(folder), `${dead.pid} ${dead.start_time}`);
    const row = {
      name: 'api',
      kind: 'process' as const,
      state: 'running' as const,
      port: 1,
      restarts: 0,
      started_at: null,
      last_exit: null,
    };
    writeState(folder, { supervisor: dead, guard: dead, ports: {}, services: [{ ...row, pid: left.pid, start_time: left.startTime }] });
    const said: string[] = [];
    await takeLock(folder, (message) => said.push(message));
    expect(isAlive(left)).toBe(false);
    expect(said).toEqual(['ending api, left behind by the last start']);
    expect(readState(folder)).toBeUndefined();
  });
});

describe('what a killed supervisor and its killed guard left', () => {
  const FIXTURE = path.join(import.meta.dirname, 'fixtures', 'supervisor.ts');

  interface Started {
    readonly supervisor: ChildProcess;
    readonly guard: number;
    readonly logs: string;
  }
  const started: Started[] = [];
  // Also those of a test that fails; none writes into the folder any more when it is removed.
  afterEach(async () => {
    for (const one of started.splice(0)) {
      await kill(one);
      findStarted(one.logs).forEach((program) => signal(program, 'SIGKILL'));
      await waitFor('what it started to be gone', () => findStarted(one.logs).length === 0);
    }
  });

  /** @returns every program of a supervisor that runs for this state folder, with what they started themselves */
  async function startSupervisor(stateDir: string) {
    const logs = path.join(stateDir, 'logs');
    const supervisor = spawn(process.execPath, ['--import', 'tsx', FIXTURE, stateDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
    const { guard, pids } = JSON.parse(line.toString()) as { guard: number; pids: number[] };
    started.push({ supervisor, guard, logs });
    await waitFor('the task', () => findStarted(logs).length === pids.length + 2);
    return { supervisor, guard, logs, programs: findStarted(logs).filter(({ pid }) => pid !== guard) };
  }
  /** One that goes on would replace its guard, and a guard that is just being made cannot be told from its maker yet. */
  async function kill({ supervisor, guard, logs }: Started) {
    if (supervisor.signalCode !== null) return;
    supervisor.kill('SIGSTOP');
    await waitFor('the supervisor to stand still', () => statOf(supervisor.pid!)?.[0] === 'T');
    process.kill(guard, 'SIGKILL');
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    await waitFor('the guard to be gone', () => findStarted(logs).every(({ pid }) => pid !== guard));
  }

  test('is known without a state file, and ended in order; what others run is not touched, and named where it is in the way', async () => {
    const others = createServer().listen(0, '127.0.0.1');
    await once(others, 'listening');
    const stateDirs = [folder, path.join(folder, 'neighbour')] as const;
    const [{ programs, ...own }, neighbour] = await Promise.all([startSupervisor(stateDirs[0]), startSupervisor(stateDirs[1])]);
    await kill(own);
    expect(programs.filter(isAlive)).toHaveLength(4);
    await writeFile(stateFile(folder), '{"supervisor":');

    const said: string[] = [];
    await takeLock(folder, (message) => said.push(message));
    expect(said).toEqual(['api', 'worker-training', 'postgres'].map((name) => `ending ${name}, left behind by the last start`));
    await waitFor('what they started', () => programs.filter(isAlive).length === 0);
    expect(neighbour.programs.filter(isAlive)).toHaveLength(4);
    const { port } = others.address() as AddressInfo;
    expect(await findPortConflicts([{ name: 'API_PORT', what: 'api', port, host: '127.0.0.1' }])).toEqual([
      expect.stringContaining(`is in use by process ${process.pid} (`),
    ]);
    others.close();
  });

  test('is not what a live supervisor runs whose lock and state are lost: another start is refused', async () => {
    const { supervisor, programs } = await startSupervisor(folder);
    await expect(takeLock(folder, () => undefined)).rejects.toThrow(`is running already (process ${supervisor.pid})`);
    expect(programs.filter(isAlive)).toHaveLength(4);
  });
});

describe('on a full disk', () => {
  afterEach(removeSmallDisks);
  /** Where `state.json` cannot be written: the disk is full, or, where none can be mounted, a folder has its name. */
  function makeUnwritable() {
    const disk = mountSmallDisk();
    const stateDir = disk?.folder ?? folder;
    if (disk) disk.fill();
    else mkdirSync(path.join(stateDir, 'state.json', 'taken'), { recursive: true });
    return {
      stateDir,
      makeRoom: () => (disk ? disk.free() : rmSync(path.join(stateDir, 'state.json'), { recursive: true })),
    };
  }

  test('services go on, it is told once, and the state is written when there is room again', async () => {
    const { stateDir, makeRoom } = makeUnwritable();
    const said: string[] = [];
    const say = (message: string) => said.push(message);
    const state = keepState(stateDir, say);
    const guard = startGuard({ logFile: path.join(stateDir, 'logs', 'guard.log') });
    const start = async () => ({ ...(await startChild(forever(path.join(stateDir, 'logs', 'worker.log')))), ready: Promise.resolve() });
    const dead = { pid: 2 ** 22 + 1, start_time: '1' };
    const changed = () => state.write({ supervisor: dead, guard: dead, ports: {}, services: [serviceRowOf(service)] });
    const service = createService({ name: 'worker', kind: 'process', port: 1, rank: 0, start }, { guard, say, changed });
    try {
      await service.up();
      process.kill(service.status().child!.pid, 'SIGKILL');
      await waitFor('the restart', () => service.status().restarts === 1 && service.status().state === 'running');
      expect(said).toEqual([
        expect.stringMatching(/^the state file cannot be written \(E(NOSPC|ISDIR|NOTEMPTY).*; the stack goes on/),
        'worker ended with signal SIGKILL; starting it again in 0.25 s (1)',
        'worker is back',
      ]);
      makeRoom();
      await waitFor('the state', () => readState(stateDir)?.services[0]?.restarts === 1);
      expect(said.at(-1)).toBe('the state file is written again');
      expect(existsSync(`${stateFile(stateDir)}.new`)).toBe(false);
    } finally {
      await service.down();
      await guard.release();
      state.remove();
    }
  });
});

describe('ports', () => {
  test('that are in use, or wanted twice, are named with what they are for and the variable that changes them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const used = [
      { name: 'API_PORT', what: 'api', port, host: '127.0.0.1' },
      { name: 'SERVING_PORT', what: 'serving', port, host: '127.0.0.1' },
    ] as const;
    expect(await findPortConflicts(used)).toEqual([
      `port ${port}, for api, is in use by process ${process.pid} (node), which is not of this stack: set API_PORT, or PORT_OFFSET to move all ports`,
      `port ${port} is wanted for both api (API_PORT) and serving (SERVING_PORT)`,
    ]);
    server.close();
    await once(server, 'close');
    expect(await findPortConflicts(used.slice(0, 1))).toEqual([]);
  });

  test('of engines that somebody else runs are not looked at', () => {
    const without = { PROMETHEUS_PROGRAM: '/none', ALERTMANAGER_PROGRAM: '/none' }; // whether this machine has them or not
    const names = (env: Record<string, string>) => portsOf(readConfig({ ...without, ...env })).map(({ name }) => name);
    const workers = ['WORKER_CONTROL_METRICS_PORT', 'WORKER_TRAINING_METRICS_PORT', 'WORKER_INGEST_METRICS_PORT'];
    const ours = ['API_PORT', 'SERVING_PORT', ...workers, 'AIRFLOW_PORT', 'MLFLOW_PORT', 'FEAST_PORT'];
    expect(names({ DATABASE_URL: 'postgres://db/x', KAFKA_BROKERS: 'b:1', TEMPORAL_ADDRESS: 't:1' })).toEqual(ours);
    const engines = ['POSTGRES_PORT', 'KAFKA_PORT', 'KAFKA_CONTROLLER_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'TEMPORAL_METRICS_PORT'];
    expect(names({})).toEqual([...engines, ...ours]);
    const program = { PROMETHEUS_PROGRAM: process.execPath };
    expect(names(program)).toEqual([...engines, ...ours, 'PROMETHEUS_PORT']);
    expect(names({ ...program, PROMETHEUS_URL: 'http://p:9090' })).toEqual([...engines, ...ours]);
  });
});
