import { describe, endWithParent, type CallFailure } from './child.ts';

/** How far a process of a pool has come: it answers nothing yet, it answers, or it answers with all that it needs. */
export type Standing = 'starting' | 'up' | 'ready';

export type ToMember = { readonly id: number; readonly name: string; readonly input: unknown } | { readonly cancel: number };
export type FromMember =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: CallFailure }
  | { readonly standing: Standing }
  | { readonly told: unknown };

export interface Answering {
  /** Tells the parent something that it did not ask for; in order with the answers. */
  tell(told: unknown): void;
  stand(standing: Standing): void;
}

/** The parent ends a process that says nothing for long. */
const BREATH_MS = 1_000;

/**
 * Answers the calls of the pool that started this process (`createChildPool`), many at once, until the parent is gone. The signals that end a parent come to
 * this process too, where both are of one terminal: it leaves with its parent, which still has calls to be answered.
 * @param perform what it throws is thrown where it was called; the signal is aborted where nobody waits any more
 */
export function answerCalls(perform: (name: string, input: unknown, signal: AbortSignal) => Promise<unknown>): Answering {
  endWithParent(Number(process.argv[2]));
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => undefined);
  const running = new Map<number, AbortController>();
  const say = (message: FromMember) => void process.send?.(message, () => undefined);
  process.on('message', (message: ToMember) => {
    if ('cancel' in message) return running.get(message.cancel)?.abort(new Error('nobody waits any more'));
    const { id, name, input } = message;
    const cancelling = new AbortController();
    running.set(id, cancelling);
    perform(name, input, cancelling.signal)
      .then(
        (result) => say({ id, result }),
        (error: unknown) => say({ id, failure: describe(error) }),
      )
      .finally(() => running.delete(id));
  });
  let stands: Standing = 'starting';
  setInterval(() => say({ standing: stands }), BREATH_MS);
  return {
    tell: (told) => say({ told }),
    stand(standing) {
      stands = standing;
      say({ standing });
    },
  };
}
