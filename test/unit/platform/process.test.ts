import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { busyBound } from '../../support/busyBound.ts';

const FIXTURE = path.join(import.meta.dirname, 'fixtures', 'drainingProcess.ts');

/** Runs the fixture until it ends; `onStarted` is called when it says that it has started. */
async function run(
  behaviour: string,
  env: Record<string, string>,
  onStarted: (kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
) {
  const child = spawn(process.execPath, ['--import', 'tsx', FIXTURE, behaviour], { env: { PATH: process.env['PATH'], ...env } });
  let output = '';
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    const before = output.includes('"started"');
    output += chunk.toString();
    if (!before && output.includes('"started"')) onStarted((signal) => child.kill(signal));
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, said, lines: output.split('\n').filter((line) => line !== '' && !line.startsWith('{')) };
}

describe('a process', () => {
  test('drains on SIGTERM in the reverse order of its start and ends with 0', async () => {
    const { code, lines } = await run('drain', {}, (kill) => kill('SIGTERM'));
    expect({ code, lines }).toEqual({ code: 0, lines: ['requests drained', 'database closed'] });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('hears a %s that comes while its modules load', async (signal) => {
    const { code } = await run('loads', {}, (kill) => kill(signal));
    expect(code).toBe(0);
  });

  test('leaves with 1 when draining takes longer than SHUTDOWN_TIMEOUT_MS', async () => {
    const { code, output } = await run('hang', { SHUTDOWN_TIMEOUT_MS: '200' }, (kill) => kill('SIGTERM'));
    expect(code).toBe(1);
    expect(output).toContain('shutdown took too long');
  });

  test('does not wait long for engines that do not answer, and ends with 0', async () => {
    let toldAt = 0;
    const { code, output, lines } = await run('silent engines', {}, (kill) => {
      toldAt = Date.now();
      kill('SIGTERM');
    });
    expect(Date.now() - toldAt).toBeLessThan(busyBound(2_500));
    expect({ code, lines }).toEqual({ code: 0, lines: ['requests drained', 'database closed'] });
    expect(output.match(/"step":"(\w+)","msg":"a shutdown step is not waited for"/g)).toHaveLength(2);
  });

  test('logs a failure that nobody caught, drains, and ends with 1', async () => {
    const { code, output, lines } = await run('reject', {});
    expect(output).toContain('nobody caught this');
    expect({ code, lines }).toEqual({ code: 1, lines: ['requests drained', 'database closed'] });
  });

  test('refuses a configuration that is wrong, naming every fault and what each is for', async () => {
    const { code, said } = await run('drain', { API_PORT: 'eighty', LOG_LEVEL: 'loud', HOST: '0.0.0.0' });
    expect(code).toBe(2);
    expect(said).toMatch(/API_PORT: .*\(Port of the API/);
    expect(said).toMatch(/LOG_LEVEL: .*\(Least level that is logged/);
  });
});
