import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { busyBound } from '../../support/busyBound.ts';
import { startCollector } from '../../support/collector.ts';

const FIXTURE = path.join(import.meta.dirname, 'fixtures', 'tracedProcess.ts');

interface Line {
  readonly msg: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly loaded?: number;
  readonly took_ms?: number;
}

const opened: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(opened.splice(0).map((close) => close())));

/** Runs the fixture until it has done its work, and ends it. @returns its lines, its exit code, and how long it took to end */
async function run(endpoint: string): Promise<{ lines: Line[]; code: number | null; endedMs: number }> {
  const env = { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '10' };
  const child = spawn(process.execPath, ['--import', 'tsx', FIXTURE], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let toldAt = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (toldAt !== 0 || !output.includes('"msg":"started"')) return;
    toldAt = Date.now();
    child.kill('SIGTERM');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  return { lines, code, endedMs: Date.now() - toldAt };
}
const lineOf = (lines: readonly Line[], msg: string) => lines.find((line) => line.msg === msg);

test('a process that is not traced loads nothing of OpenTelemetry, and its lines have no ids', async () => {
  const { lines, code } = await run('');
  expect({ code, loaded: lineOf(lines, 'done')?.loaded, ids: lineOf(lines, 'inside')?.trace_id }).toEqual({
    code: 0,
    loaded: 0,
    ids: undefined,
  });
});

test('a process that is traced says the ids of the span in its lines, and sends the last spans before it ends', async () => {
  const collector = await startCollector();
  opened.push(() => collector.stop());
  const { lines, code } = await run(collector.url);
  const inner = collector.spans.find(({ name }) => name === 'inner')!;
  expect(code).toBe(0);
  expect(lineOf(lines, 'inside')).toMatchObject({ trace_id: inner.traceId, span_id: inner.spanId });
  expect(lineOf(lines, 'outside')?.trace_id).toBeUndefined();
  expect(collector.above(inner).map(({ name }) => name)).toEqual(['inner', 'outer']);
});

/** Takes connections and says nothing. */
async function silent(): Promise<string> {
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(async () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a collector that', () => {
  test.each([
    ['is away', async () => 'http://127.0.0.1:1'],
    ['says nothing', silent],
  ])('%s slows nothing and fails nothing, also at the end', async (_, endpointOf) => {
    const { lines, code, endedMs } = await run(await endpointOf());
    expect(code).toBe(0);
    expect(lineOf(lines, 'done')?.took_ms).toBeLessThan(busyBound(2_000));
    expect(endedMs).toBeLessThan(busyBound(2_500));
    expect(lines.filter(({ msg }) => /takes no traces/.test(msg)).length).toBeLessThanOrEqual(1);
  });
});
