import { afterEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { freePorts } from '../../../deploy/local/engines/freePorts.ts';
import { identify } from '../../../deploy/local/supervision/processIdentity.ts';
import { inPlaceOf, readPredecessor } from '../../../platform/takePlace.ts';
import { waitFor } from '../../support/waitFor.ts';

const FIXTURE = path.join(import.meta.dirname, 'fixtures', 'placedProcess.ts');
const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

function start(name: string, port: number, before?: ChildProcess): ChildProcess {
  const place = before ? [inPlaceOf(identify(before.pid!))] : [];
  const child = spawn(process.execPath, ['--import', 'tsx', FIXTURE, name, String(port), ...place], { env: { PATH: process.env['PATH'] } });
  started.push(child);
  return child;
}

/** One that finds nobody asks once more, as a client does. */
async function who(port: number): Promise<unknown> {
  const ask = async () => (await fetch(`http://127.0.0.1:${port}/who`)).json();
  return ask().catch(ask);
}
const answers = (name: string, port: number) => waitFor(name, async () => (await who(port).catch(() => undefined)) === name);

test('a process takes the place of another, whose callers are answered all the while', async () => {
  const [port = 0] = await freePorts(1);
  const old = start('old', port);
  await answers('old', port);
  start('new', port, old);
  const seen: unknown[] = [];
  await waitFor('the new one', async () => seen[seen.push(await who(port)) - 1] === 'new', { everyMs: 1 });
  expect(new Set(seen)).toEqual(new Set(['old', 'new']));
  await waitFor('the end of the old one', () => old.exitCode !== null);
  expect(old.exitCode).toBe(0);
});

test('a process that does not come up takes nobody’s place', async () => {
  const [port = 0] = await freePorts(1);
  const old = start('old', port);
  await answers('old', port);
  const broken = start('broken', port, old);
  await once(broken, 'exit');
  expect([broken.exitCode, old.exitCode]).toEqual([1, null]);
  expect(await who(port)).toBe('old');
});

test('whose place is taken is told by pid and time of start, so that it is nobody else', () => {
  expect(readPredecessor(['node', 'main.js', inPlaceOf({ pid: 12, startTime: '345' })])).toEqual({ pid: 12, startTime: '345' });
  expect(readPredecessor(['node', 'main.js'])).toBeUndefined();
});
