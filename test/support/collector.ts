import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

/** What OTLP says of traces, of which as much as is read here: https://github.com/open-telemetry/opentelemetry-proto */
const REQUEST = protobuf
  .parse(
    `syntax = "proto3";
     message Request { repeated ResourceSpans resource_spans = 1; }
     message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
     message Resource { repeated KeyValue attributes = 1; }
     message ScopeSpans { repeated Span spans = 2; }
     message Span {
       bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
       fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
       repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
     }
     message Link { bytes trace_id = 1; bytes span_id = 2; }
     message Status { int32 code = 3; }
     message KeyValue { string key = 1; AnyValue value = 2; }
     message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`,
    { keepCase: true },
  )
  .root.lookupType('Request');

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}
interface SentSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
  readonly links: readonly { readonly trace_id: string; readonly span_id: string }[];
  readonly status?: { readonly code: number };
}

export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null for the first of a trace */
  readonly parentId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of spans */
  readonly links: readonly string[];
  readonly isFailed: boolean;
}

const FAILED = 2;
const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
const valuesOf = (given: readonly KeyValue[]) => Object.fromEntries(given.map(({ key, value }) => [key, Object.values(value)[0]]));

function readSpans(body: Buffer): CollectedSpan[] {
  const request = REQUEST.toObject(REQUEST.decode(body), { bytes: String, longs: Number, arrays: true }) as {
    resource_spans: { resource: { attributes: KeyValue[] }; scope_spans: { spans: SentSpan[] }[] }[];
  };
  return request.resource_spans.flatMap(({ resource, scope_spans }) =>
    scope_spans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(valuesOf(resource.attributes)['service.name']),
        name: span.name,
        traceId: hex(span.trace_id),
        spanId: hex(span.span_id),
        parentId: span.parent_span_id ? hex(span.parent_span_id) : null,
        attributes: valuesOf(span.attributes),
        links: span.links.map(({ span_id }) => hex(span_id)),
        isFailed: span.status?.code === FAILED,
      })),
    ),
  );
}

export interface Collector {
  readonly url: string;
  /** Every body as it came. */
  readonly bodies: readonly Buffer[];
  readonly spans: readonly CollectedSpan[];
  /**
   * From a span up to the first of its trace.
   * @param callerId the span of whoever called, which is not sent here
   * @throws where one between them is not there
   */
  above(span: CollectedSpan, callerId?: string): CollectedSpan[];
  stop(): Promise<void>;
}

/** A collector of OpenTelemetry that keeps in memory what it is sent. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const bodies: Buffer[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      bodies.push(body);
      if (req.url === '/v1/traces') spans.push(...readSpans(body));
      res.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    spans,
    above(span, callerId) {
      const chain = [span];
      for (let at = span; at.parentId !== null && at.parentId !== callerId; chain.push(at)) {
        const parent = spans.find(({ spanId, traceId }) => spanId === at.parentId && traceId === at.traceId);
        if (!parent) throw new Error(`the parent of ${at.name} (${at.service}) is not there`);
        at = parent;
      }
      return chain;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
