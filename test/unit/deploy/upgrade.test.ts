import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readLock, releaseLock, takeOver } from '../../../deploy/local/stack/stackLock.ts';
import { replaceAll } from '../../../deploy/local/stack/upgrade.ts';
import { adoptChild, startChild, untilReady, type Child } from '../../../deploy/local/supervision/child.ts';
import { startGuard, type Guard } from '../../../deploy/local/supervision/guard.ts';
import { identify, isAlive } from '../../../deploy/local/supervision/processIdentity.ts';
import { createService, type Service } from '../../../deploy/local/supervision/service.ts';
import { waitFor } from '../../support/waitFor.ts';

const FOREVER = 'setInterval(() => {}, 1000)';
const PLACE_TAKEN = `process.kill(Number(process.argv[1]), 'SIGTERM'); ${FOREVER}`;

let folder: string;
let guard: Guard;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops upgrade '));
  guard = startGuard({ logFile: path.join(folder, 'guard.log') });
});
const started: Child[] = [];
afterEach(async () => {
  started.splice(0).forEach((child) => child.kill());
  await guard.release();
  await rm(folder, { recursive: true, force: true });
});

async function node(script: string, ...args: string[]): Promise<Child> {
  const child = await startChild({ command: process.execPath, args: ['-e', script, ...args], logFile: path.join(folder, 'child.log') });
  started.push(child);
  return child;
}

/** A service whose next process runs a script. */
function serviceOf(next: string, { name = 'api', said = [] as string[] } = {}): Service {
  const start = async (inPlaceOf?: Child) => {
    const child = await node(inPlaceOf ? next : FOREVER, String(inPlaceOf?.pid));
    const taken = async () => {
      if (inPlaceOf && isAlive(inPlaceOf)) throw new Error('it has not ended');
    };
    return { ...child, ready: untilReady(child, taken) };
  };
  return createService(
    { name, kind: 'process', port: 1, rank: 0, start },
    { guard, say: (line) => said.push(line), changed: () => undefined },
  );
}

describe('a service', () => {
  test('is replaced by a process that ends the one before, and nobody takes that for a failure', async () => {
    const said: string[] = [];
    const service = serviceOf(PLACE_TAKEN, { said });
    await service.up();
    const before = service.status().child!;
    await service.replace();
    const { child, state, restarts } = service.status();
    expect({ isNew: child!.pid !== before.pid, runs: isAlive(child!), before: isAlive(before), state, restarts, said }).toEqual({
      ...{ isNew: true, runs: true, before: false, state: 'running', restarts: 0, said: [] },
    });
    await service.down();
    expect(isAlive(child!)).toBe(false);
  });

  test('goes on with the process before where the new one does not come up', async () => {
    const service = serviceOf('console.error("no such table"); process.exit(3)');
    await service.up();
    const before = service.status().child!;
    await expect(service.replace()).rejects.toThrow(/^api ended with code 3.*no such table/s);
    expect(isAlive(before)).toBe(true);
    expect(service.status()).toMatchObject({ state: 'running', child: { pid: before.pid } });
    await service.down();
  });

  test('is started again where the new process ends as soon as it took the place', async () => {
    const endsOnceAlone = `const before = Number(process.argv[1]); process.kill(before, 'SIGTERM');
      setInterval(() => { try { process.kill(before, 0) } catch { process.exit(4) } }, 1)`;
    const service = serviceOf(endsOnceAlone);
    await service.up();
    const before = service.status().child!;
    await service.replace().catch(() => undefined);
    await waitFor('another process', () => service.status().state === 'running' && service.status().child !== undefined);
    expect(service.status().child!.pid).not.toBe(before.pid);
    await service.down();
  });

  test('that is told to end while it is being replaced leaves neither process', async () => {
    const service = serviceOf(FOREVER); // never tells the one before to end
    await service.up();
    const before = service.status().child!;
    const replacing = service.replace().catch((error: Error) => error.message);
    const next = await waitFor('the new process', () => started.find(({ pid }) => pid !== before.pid));
    await service.down();
    expect(await replacing).toContain('aborted');
    expect([isAlive(before), isAlive(next), service.status().state]).toEqual([false, false, 'stopped']);
  });

  test('watches over a program that another supervisor started: it is started again when it ends, and ended with the service', async () => {
    const other = spawn(process.execPath, ['-e', FOREVER], { detached: true, stdio: 'ignore' });
    const program = identify(other.pid!);
    const service = serviceOf(PLACE_TAKEN);
    service.adopt(adoptChild(program, { logFile: path.join(folder, 'child.log') }), new Date());
    process.kill(program.pid, 'SIGKILL');
    await waitFor('the next', () => service.status().restarts === 1 && service.status().state === 'running');
    const next = service.status().child!;
    await service.down();
    expect(isAlive(next)).toBe(false);
  });
});

test('a supervisor is taken over from: it and its guard are gone, what it watched goes on, and the lock is ours', async () => {
  const fixture = path.join(import.meta.dirname, 'fixtures', 'supervisorOfOne.ts');
  const supervisor = spawn(process.execPath, ['--import', 'tsx', fixture, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(supervisor, 'exit');
  const [pid] = (await once(supervisor.stdout, 'data')) as [Buffer];
  const program = identify(Number(pid.toString()));
  const { services, guard: itsGuard } = await takeOver(folder);
  expect(services).toMatchObject([{ name: 'worker-control', state: 'running', pid: program.pid, start_time: program.startTime }]);
  await exit;
  expect([isAlive(program), isAlive({ pid: itsGuard.pid, startTime: itsGuard.start_time })]).toEqual([true, false]);
  expect(readLock(folder)).toEqual(identify(process.pid));
  const adopted = adoptChild(program, { logFile: path.join(folder, 'child.log') });
  await adopted.stop();
  expect(isAlive(program)).toBe(false);
  releaseLock(folder);
});

test('where nothing runs there is nobody to take over from', async () => {
  await expect(takeOver(folder)).rejects.toThrow(/No stack runs/);
});

test('processes are replaced who does steps first and who asks for runs last, but those that are new; what fails stops all that would come', async () => {
  const replaced: string[] = [];
  const names = ['api', 'serving', 'worker-control', 'worker-training', 'worker-ingest'];
  const services = names.map((name) => ({
    ...serviceOf(FOREVER, { name }),
    replace: async () => {
      replaced.push(name);
      if (name === 'serving') throw new Error('no model');
    },
  }));
  const step = <T>(_name: string, body: (line: never) => Promise<T>) => body(undefined as never);
  const progress = { begin: () => ({ say: () => undefined, done: () => undefined, fail: () => undefined }), step, note: () => undefined };
  await expect(replaceAll(services, (name) => name === 'worker-control', progress)).rejects.toThrow('no model');
  expect(replaced).toEqual(['worker-training', 'worker-ingest', 'serving']);
});
