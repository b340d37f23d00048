import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { WorkflowInfo } from '@temporalio/workflow';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createModelServer } from '../../../api/modelServer.ts';
import { carrierOfRun, readCarrier, spanOfRun } from '../../../contracts/traceContext.ts';
import { readConfig } from '../../../platform/config.ts';
import type { MessageBatch, OutgoingMessage } from '../../../platform/kafka/kafka.ts';
import { sendTraced, takeTraced } from '../../../platform/kafka/traceMessages.ts';
import { nameOf, withoutLiterals } from '../../../platform/traces/sql.ts';
import { tellOnce } from '../../../platform/traces/tellOnce.ts';
import { activeCarrier, inSpan, kindOf, openInside, openSpan, startTraces, traceIds } from '../../../platform/traces/traces.ts';
import { TRACE_SINKS } from '../../../workers/traceSteps.ts';
import { startCollector, type Collector } from '../../support/collector.ts';
import { waitFor } from '../../support/waitFor.ts';

const CALLER = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const [, CALLERS_TRACE, CALLERS_SPAN] = CALLER.traceparent.split('-');

test('settings: nothing is traced without an endpoint; with one the SDK is told what the others say', () => {
  const { HOME } = process.env;
  expect(readConfig({ HOME, OTEL_SERVICE_NAME: 'shop' }).traces).toBeUndefined();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
  expect(readConfig({ HOME, ...env }).traces).toEqual({ endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, variables: env });
  expect(() => readConfig({ HOME, ...env, OTEL_TRACES_SAMPLER: 'often' })).toThrow(/OTEL_TRACES_SAMPLER: /);
});

test('where nothing is traced, work is done as it is', async () => {
  expect([openSpan({ name: 'a' }), activeCarrier(), traceIds()]).toEqual([undefined, undefined, undefined]);
  expect(await inSpan(openSpan({ name: 'a' }), async () => 7)).toBe(7);
  const messages: OutgoingMessage[] = [{ key: null, value: null, headers: {}, trace: CALLER }];
  const sent: OutgoingMessage[] = [];
  await sendTraced('topic', messages, async (placed) => void sent.push(...placed));
  expect(sent[0]?.headers).toEqual(CALLER);
});

test.each([
  ['select * from movies where id = $1', 'SELECT movies'],
  ['insert into outbox (id) values ($1)', 'INSERT outbox'],
  ['with held as (select s.shard from s for update of s) delete from outbox using held', 'DELETE outbox'],
  ['with added as (select 1 for no key update of x)\n update users set a = 1', 'UPDATE users'],
  ['insert into a select 1 on conflict (id) do update set b = 1', 'INSERT a'],
  ['copy "ratings" from stdin', 'COPY "ratings"'],
  ['begin', 'BEGIN'],
  ['select 1', 'SELECT'],
])('the statement %j is called %s', (text, name) => {
  expect(nameOf(text)).toBe(name);
});

test.each([
  ["select 'it''s', $1 from a where b = 'c'", 'select ??, $1 from a where b = ?'],
  ["select 'cut off", 'select ?'],
  ['select 1', 'select 1'],
])('of the statement %j is told %s', (text, told) => {
  expect(withoutLiterals(text)).toBe(told);
});

test('a failure is told by its kind, never by its words', () => {
  const refused = Object.assign(new Error('invalid input syntax for type integer: "17"'), { code: '22P02' });
  expect([refused, new TypeError('17'), { type: 'SourceCorrupt' }, undefined].map(kindOf)).toEqual([
    '22P02',
    'TypeError',
    'SourceCorrupt',
    'unknown',
  ]);
});

test('a collector that is away is told of once, and so is that it is back', () => {
  const codes = [
    ExportResultCode.FAILED,
    ExportResultCode.FAILED,
    ExportResultCode.SUCCESS,
    ExportResultCode.SUCCESS,
    ExportResultCode.FAILED,
  ];
  const exporter = {
    export: (_: unknown, done: (result: ExportResult) => void) => done({ code: codes.shift()!, error: new Error('ECONNREFUSED') }),
  };
  const said: string[] = [];
  const log = pino(
    { base: null, timestamp: false },
    { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const telling = tellOnce(exporter as unknown as SpanExporter, log);
  const results: number[] = [];
  for (let batch = 0; batch < 5; batch += 1) telling.export([], ({ code }) => void results.push(code));
  expect(said).toEqual([
    'the collector takes no traces; spans are lost until it does',
    'the collector takes traces again',
    'the collector takes no traces; spans are lost until it does',
  ]);
  expect(new Set(results)).toEqual(new Set([ExportResultCode.SUCCESS]));
});

test('the span of a run follows from its id, below whoever started it', () => {
  const run = '01a2237b-1b55-71c9-826c-0b41df8aa59c';
  expect(spanOfRun(run)).toEqual({ traceId: '01a2237b1b5571c9826c0b41df8aa59c', spanId: '826c0b41df8aa59c' });
  expect(carrierOfRun({ ...CALLER, tracestate: 'a=b' }, run)).toEqual({
    traceparent: `00-${CALLERS_TRACE}-826c0b41df8aa59c-01`,
    tracestate: 'a=b',
  });
  expect([readCarrier(undefined), readCarrier({ traceparent: 'x' }), readCarrier({ tracestate: 'a=b' })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe('where it is traced', () => {
  let collector: Collector;
  let end: () => Promise<void>;
  beforeAll(async () => {
    collector = await startCollector();
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '20' };
    const of = { process: 'unit', version: '1', log: pino({ level: 'silent' }) };
    end = await startTraces({ endpoint: collector.url, variables }, of);
  });
  afterAll(async () => {
    await end();
    await collector.stop();
  });

  const collected = (...names: string[]) =>
    waitFor(`the spans ${names.join(', ')}`, () => {
      const found = names.map((name) => collector.spans.find((span) => span.name === name));
      return found.every((span) => span !== undefined) ? found : undefined;
    });

  test('spans stand in each other, in the trace of the caller, and the log has their ids', async () => {
    let ids: ReturnType<typeof traceIds>;
    await inSpan(openSpan({ name: 'outer', parent: CALLER }), async () => {
      await inSpan(
        openInside(() => ({ name: 'inner' })),
        async () => void (ids = traceIds()),
      );
    });
    const [outer, inner] = await collected('outer', 'inner');
    expect(outer).toMatchObject({ service: 'movie-mlops-unit', traceId: CALLERS_TRACE, parentId: CALLERS_SPAN, isFailed: false });
    expect(inner).toMatchObject({ traceId: CALLERS_TRACE, parentId: outer!.spanId });
    expect(ids).toEqual({ trace_id: CALLERS_TRACE, span_id: inner!.spanId });
    expect(openInside(() => ({ name: 'of a loop' }))).toBeUndefined();
  });

  test('what failed says so, and what it threw is thrown on', async () => {
    await expect(inSpan(openSpan({ name: 'failing' }), () => Promise.reject(new RangeError('secret')))).rejects.toThrow('secret');
    const [failing] = await collected('failing');
    expect(failing).toMatchObject({ parentId: null, isFailed: true, attributes: { 'error.type': 'RangeError' } });
    expect(collector.bodies.some((body) => body.includes('secret'))).toBe(false);
  });

  test('the model server is told the place of the call', async () => {
    const headers: (string | undefined)[] = [];
    const server = createServer((req, res) => {
      headers.push(req.headers['traceparent'] as string | undefined);
      res.writeHead(503).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const modelServer = createModelServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const request = { user_id: '1', k: 5, exclude_seen: true, route: 'default', explain: false };
    const asked = inSpan(openSpan({ name: 'asking' }), () => modelServer.recommend(request, { traceparent: CALLER.traceparent }));
    await expect(asked).rejects.toThrow();
    await new Promise((resolve) => server.close(resolve));
    const [asking, call] = await collected('asking', 'POST /recommend');
    expect(call).toMatchObject({ traceId: asking!.traceId, parentId: asking!.spanId });
    expect(headers).toEqual([`00-${call!.traceId}-${call!.spanId}-01`]);
  });

  const carrierOf = (name: string) => {
    const span = openSpan({ name, parent: 'none' })!;
    span.end();
    return span.carrier();
  };
  const message = (headers: Record<string, string>) => ({
    key: null,
    value: null,
    offset: '0',
    timestamp: '0',
    headers: Object.entries(headers).map(([name, value]) => ({ name, value: Buffer.from(value) })),
  });
  const take = (topic: string, headers: Record<string, string>[], body: () => Promise<void> = async () => undefined) => {
    const batch: MessageBatch = { topic, partition: 0, undecodable: [], messages: headers.map(message) };
    return takeTraced(batch, 'group', () =>
      inSpan(
        openInside(() => ({ name: `work of ${topic}` })),
        body,
      ),
    );
  };

  test('a batch of several traces has a span in each; the work stands in the first, which the others link to', async () => {
    const [one, another] = [carrierOf('one'), carrierOf('another')];
    await take('several', [{ ...one }, {}, { ce_traceparent: another.traceparent }]);
    const [first, second, work] = await collected('one', 'another', 'work of several');
    const spans = await waitFor('both', () => {
      const both = collector.spans.filter(({ name }) => name === 'process several');
      return both.length === 2 ? both : undefined;
    });
    const ofFirst = spans.find(({ traceId }) => traceId === first!.traceId)!;
    const ofSecond = spans.find(({ traceId }) => traceId === second!.traceId)!;
    expect(ofFirst).toMatchObject({ parentId: first!.spanId, links: [] });
    expect(ofSecond).toMatchObject({ parentId: second!.spanId, links: [ofFirst.spanId] });
    expect(work).toMatchObject({ traceId: first!.traceId, parentId: ofFirst.spanId });
  });

  test('a batch that nobody traced has a trace of its own; one that fails says so', async () => {
    await expect(take('untraced', [{}], () => Promise.reject(new TypeError('x')))).rejects.toThrow('x');
    const [batch] = await collected('process untraced');
    expect(batch).toMatchObject({ parentId: null, isFailed: true });
  });

  test('a message that is sent tells where', async () => {
    const event = carrierOf('event');
    const sent: OutgoingMessage[] = [];
    await sendTraced('told', [{ key: null, value: null, headers: { id: '7' }, trace: event }], async (placed) => void sent.push(...placed));
    const [span] = await collected('send told');
    expect(sent[0]?.headers).toEqual({ id: '7', traceparent: `00-${span!.traceId}-${span!.spanId}-01` });
    expect([span!.traceId, span!.parentId]).toEqual(event.traceparent.split('-').slice(1, 3));
  });

  const infoOf = (runId: string, workflowType: string, parent?: { runId: string }) =>
    ({ workflowType, workflowId: 'w', runId, runStartTime: new Date(), parent }) as unknown as WorkflowInfo;
  const { ended, signalled } = TRACE_SINKS.traces;

  test('a run is a span below its starter; one that nobody started is the first of a trace, linked to its parent', async () => {
    const [run, scheduled, child] = [randomUUID(), randomUUID(), randomUUID()];
    await ended.fn(infoOf(run, 'started'), { starter: CALLER, failure: 'OutOfMemory' });
    await ended.fn(infoOf(scheduled, 'scheduled'), { starter: null, failure: null });
    await ended.fn(infoOf(child, 'child', { runId: scheduled }), { starter: null, failure: null });
    await signalled.fn(infoOf(run, 'started'), { name: 'alert', sender: CALLER });
    const spans = await collected('RunWorkflow:started', 'RunWorkflow:scheduled', 'RunWorkflow:child', 'HandleSignal:alert');
    expect(spans).toMatchObject([
      { traceId: CALLERS_TRACE, parentId: CALLERS_SPAN, spanId: spanOfRun(run).spanId, isFailed: true },
      { ...spanOfRun(scheduled), parentId: null, isFailed: false },
      { ...spanOfRun(child), parentId: null, links: [spanOfRun(scheduled).spanId] },
      { traceId: CALLERS_TRACE, parentId: CALLERS_SPAN },
    ]);
  });
});
