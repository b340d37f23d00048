import type { SpanIds, TraceCarrier } from '../../contracts/traceContext.ts';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanSpec {
  /** Of few kinds: what tells one from the next is an attribute */
  readonly name: string;
  /** Inside this process when missing */
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer';
  /** No value that somebody sent: who is erased one day is not erased from a collector */
  readonly attributes?: Attributes;
  /** Of the active span when missing; the first of a trace where it is `none`, or no span is active */
  readonly parent?: TraceCarrier | 'none' | undefined;
  readonly links?: readonly TraceCarrier[];
  /** Drawn when missing */
  readonly ids?: SpanIds;
  /** Now when missing */
  readonly startedAt?: Date;
}

export interface OpenSpan {
  carrier(): TraceCarrier;
  /** Runs `body` with this span as the active one. */
  run<T>(body: () => T): T;
  set(attributes: Attributes): void;
  rename(name: string): void;
  /** @param failure what kind it was, in a word: messages hold values */
  end(failure?: string): void;
}

/** What traces are made with; see sdk.ts. */
export interface Tracer {
  open(spec: SpanSpec): OpenSpan;
  active(): { carrier(): TraceCarrier; readonly ids: SpanIds } | undefined;
  /** Sends what is not sent yet. */
  close(): Promise<void>;
}
