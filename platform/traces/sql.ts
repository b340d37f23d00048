import type pg from 'pg';
import { inSpan, isTracing, kindOf, openInside } from './traces.ts';

/** Of a statement, in a span. */
const MOST_CHARACTERS = 2_000;

type Query = (...given: unknown[]) => unknown;

/**
 * Has each statement of a pool tell of itself where it is part of a trace: its text and never its values, and what code it failed with. Statements that
 * nothing traced asks for, as loops do all day, are no spans.
 */
export function traceStatements(pool: pg.Pool): void {
  if (!isTracing()) return;
  traceQueries(pool);
  // The pool asks its connections with a callback, and has told of that itself; whoever has a connection to themselves awaits the answer.
  pool.on('connect', traceQueries);
}

function traceQueries(asked: object): void {
  const traced = asked as { query: Query };
  const query = traced.query.bind(asked);
  traced.query = (...given) => {
    const text = textOf(given[0]);
    if (text === undefined || typeof given.at(-1) === 'function') return query(...given);
    const span = openInside(() => describe(text));
    if (isStream(given[0])) return span ? span.run(() => untilClosed(query(...given) as Stream, span)) : query(...given);
    return span ? inSpan(span, async () => query(...given)) : query(...given);
  };
}

function describe(statement: string) {
  const text = withoutLiterals(statement.slice(0, MOST_CHARACTERS));
  return { name: nameOf(text), kind: 'client', attributes: { 'db.system.name': 'postgresql', 'db.query.text': text } } as const;
}

/** A few statements take no parameters where they need a value. One that is cut off in the middle ends there. */
export const withoutLiterals = (text: string): string => text.replace(/'[^']*(?:'|$)/g, '?');

/** Of a string, of a query with its values, or of a COPY. */
function textOf(query: unknown): string | undefined {
  const text = typeof query === 'string' ? query : (query as { text?: unknown } | undefined)?.text;
  return typeof text === 'string' ? text : undefined;
}

interface Stream {
  once(event: string, listener: (error?: Error) => void): unknown;
}
const isStream = (query: unknown): boolean => typeof query === 'object' && query !== null && 'submit' in query;

function untilClosed(stream: Stream, span: { end(failure?: string): void }): Stream {
  let failure: string | undefined;
  stream.once('error', (error) => (failure = kindOf(error)));
  stream.once('close', () => span.end(failure));
  return stream;
}

const CHANGES = /\b(insert\s+into|delete\s+from|(?<!for |do |no key )update|copy|truncate|merge\s+into)\s+(?:only\s+)?([\w."]+)/i;
const READS = /\bfrom\s+([\w."]+)/i;

/** What a statement does to which table: the first that it changes, else the first that it reads. */
export function nameOf(text: string): string {
  const [, change, changed] = CHANGES.exec(text) ?? [];
  if (change && changed) return `${change.split(/\s/)[0]!.toUpperCase()} ${changed}`;
  const verb = /[a-z]+/i.exec(text)?.[0].toUpperCase() ?? 'SQL';
  const [, table] = READS.exec(text) ?? [];
  return table ? `SELECT ${table}` : verb;
}
