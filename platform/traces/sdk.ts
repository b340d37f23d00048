import {
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Context, Link, Span } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, RandomIdGenerator } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import type { TracesSettings } from '../../contracts/settings/traces.ts';
import { readCarrier, type SpanIds, type TraceCarrier } from '../../contracts/traceContext.ts';
import { tellEnvironment } from '../config.ts';
import { oneLine } from '../oneLine.ts';
import { tellOnce } from './tellOnce.ts';
import type { OpenSpan, SpanSpec, Tracer } from './tracer.ts';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };
const w3c = new W3CTraceContextPropagator();

/** Traces by OpenTelemetry's SDK, which reads what else its variables say: limits, batches, timeouts. */
export function createTracer(
  settings: TracesSettings,
  { process: name, version, log }: { readonly process: string; readonly version: string; readonly log: Logger },
): Tracer {
  tellEnvironment(settings.variables);
  diag.disable(); // what fails is told once, by tellOnce
  const ids = createIds();
  const own = { 'service.name': `movie-mlops-${name}`, 'service.version': version, 'service.instance.id': `${name}@${process.pid}` };
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(own))
      .merge(detectResources({ detectors: [envDetector] })),
    idGenerator: ids.generator,
    spanProcessors: [new BatchSpanProcessor(tellOnce(new OTLPTraceExporter(), log))],
  });
  provider.register({ propagator: w3c });
  const tracer = provider.getTracer('movie-mlops');

  function open({ name: spanName, kind, attributes = {}, parent, links = [], ids: given, startedAt }: SpanSpec): OpenSpan {
    const options = {
      ...(kind && { kind: KINDS[kind] }),
      attributes,
      links: links.flatMap(toLink),
      ...(startedAt && { startTime: startedAt }),
    };
    return opened(ids.draw(given, () => tracer.startSpan(spanName, options, contextOf(parent))));
  }
  return {
    open,
    active() {
      const span = trace.getActiveSpan();
      return span && { ids: span.spanContext(), carrier: () => carrierOf(trace.setSpan(ROOT_CONTEXT, span)) };
    },
    close: () => provider.shutdown().catch((error: unknown) => log.debug({ reason: oneLine(error) }, 'the last spans are lost')),
  };
}

function opened(span: Span): OpenSpan {
  const at = trace.setSpan(context.active(), span);
  return {
    carrier: () => carrierOf(at),
    run: (body) => context.with(at, body),
    set: (attributes) => void span.setAttributes(attributes),
    rename: (name) => void span.updateName(name),
    end(failure) {
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', failure);
      span.end();
    },
  };
}

function contextOf(parent: SpanSpec['parent']): Context {
  if (parent === undefined) return context.active();
  return parent === 'none' ? ROOT_CONTEXT : w3c.extract(ROOT_CONTEXT, parent, defaultTextMapGetter);
}

function toLink(carrier: TraceCarrier): Link[] {
  const linked = trace.getSpanContext(contextOf(carrier));
  return linked ? [{ context: linked }] : [];
}

function carrierOf(at: Context): TraceCarrier {
  const carrier: Record<string, string> = {};
  w3c.inject(at, carrier, defaultTextMapSetter);
  return readCarrier(carrier)!;
}

/** Ids by chance, or those of a span that is known before it is made. */
function createIds() {
  const random = new RandomIdGenerator();
  let given: SpanIds | undefined;
  return {
    generator: {
      generateTraceId: () => given?.traceId ?? random.generateTraceId(),
      generateSpanId: () => given?.spanId ?? random.generateSpanId(),
    },
    draw<T>(these: SpanIds | undefined, make: () => T): T {
      given = these;
      try {
        return make();
      } finally {
        given = undefined;
      }
    },
  };
}
