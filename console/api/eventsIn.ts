/** An event of a stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** What is told by a stream of server-sent events. @param onSign called with whatever comes, signs of life too */
export async function* eventsIn(body: ReadableStream<Uint8Array>, onSign: () => void): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onSign();
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) yield* eventOf(part);
    }
  } finally {
    reader.releaseLock();
  }
}

function* eventOf(part: string): Generator<StreamEvent> {
  const lines = part.split('\n');
  const valueOf = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const data = valueOf('data');
  if (data !== undefined) yield { id: valueOf('id'), data };
}
