import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { TracesSettings } from '../../contracts/settings/traces.ts';
import type { TraceCarrier } from '../../contracts/traceContext.ts';
import type { OpenSpan, SpanSpec, Tracer } from './tracer.ts';

let tracer: Tracer | undefined;

/** What is waited for at the end of a process, at most: a collector that is away holds nobody. */
const FLUSH_MS = 1_000;

/**
 * Begins to trace this process. OpenTelemetry's SDK is loaded here alone, so that a process that is not traced does without it.
 * @param settings undefined where nothing is traced
 * @returns what sends the last spans and ends it, within a second
 */
export async function startTraces(
  settings: TracesSettings | undefined,
  of: { readonly process: string; readonly version: string; readonly log: Logger },
): Promise<() => Promise<void>> {
  if (!settings) return async () => undefined;
  const { createTracer } = await import('./sdk.ts');
  const started = createTracer(settings, of);
  tracer = started;
  of.log.info({ endpoint: settings.endpoint }, 'traces are sent');
  return async () => {
    tracer = undefined;
    await Promise.race([started.close(), sleep(FLUSH_MS, undefined, { ref: false })]);
  };
}

export const isTracing = (): boolean => tracer !== undefined;

/** Opens a span. @returns undefined where nothing is traced */
export const openSpan = (spec: SpanSpec): OpenSpan | undefined => tracer?.open(spec);

/** Opens a span inside the active one. @returns undefined where none is: what loops do all the time is no trace */
export const openInside = (describe: () => Omit<SpanSpec, 'parent' | 'ids'>): OpenSpan | undefined =>
  tracer?.active() ? tracer.open(describe()) : undefined;

/** The active span, as another process is told of it; undefined where none is. */
export const activeCarrier = (): TraceCarrier | undefined => tracer?.active()?.carrier();

/** For lines of the log. */
export function traceIds(): { trace_id: string; span_id: string } | undefined {
  const ids = tracer?.active()?.ids;
  return ids && { trace_id: ids.traceId, span_id: ids.spanId };
}

/** Runs `body` in a span, or without one where nothing is traced; the span ends with it. */
export async function inSpan<T>(span: OpenSpan | undefined, body: () => Promise<T>): Promise<T> {
  if (!span) return body();
  try {
    const result = await span.run(body);
    span.end();
    return result;
  } catch (error) {
    span.end(kindOf(error));
    throw error;
  }
}

/** What went wrong, in a word: the type of a failure, the code of an engine, or the name of the error. */
export function kindOf(error: unknown): string {
  const { type, code, name } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const word = [type, code, name].find((given) => (typeof given === 'string' && given !== '') || typeof given === 'number');
  return word === undefined ? 'unknown' : `${word as string | number}`;
}
