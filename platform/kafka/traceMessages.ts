import { readCarrier, type TraceCarrier } from '../../contracts/traceContext.ts';
import type { OpenSpan } from '../traces/tracer.ts';
import { inSpan, isTracing, kindOf, openSpan } from '../traces/traces.ts';
import type { MessageHeader } from './records.ts';

interface Sent {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trace?: TraceCarrier | undefined;
}
interface Taken {
  readonly headers: readonly MessageHeader[];
}

const SYSTEM = { 'messaging.system': 'kafka' };

/** Sends messages, each of those that belong to a trace in a span of it, whose place goes along in the headers `traceparent` and `tracestate`. */
export async function sendTraced<Message extends Sent>(
  topic: string,
  messages: readonly Message[],
  send: (messages: readonly Message[]) => Promise<void>,
): Promise<void> {
  const spans = messages.map(({ trace }) => trace && openSpan(sendingOf(topic, trace)));
  const ended = (failure?: string) => spans.forEach((span) => span?.end(failure));
  try {
    await send(messages.map((message, at) => withPlace(message, spans[at]?.carrier() ?? message.trace)));
    ended();
  } catch (error) {
    ended(kindOf(error));
    throw error;
  }
}

const sendingOf = (topic: string, parent: TraceCarrier) =>
  ({ name: `send ${topic}`, kind: 'producer', parent, attributes: { ...SYSTEM, 'messaging.destination.name': topic } }) as const;

const withPlace = <Message extends Sent>(message: Message, place: TraceCarrier | undefined): Message => ({
  ...message,
  headers: { ...message.headers, ...place },
});

/**
 * Takes a batch, in a span of the trace of each message that has one. What is done for all at once stands in the first of these, which the others link to;
 * where no message is traced, a span of its own has it.
 */
export async function takeTraced(
  { topic, partition, messages }: { readonly topic: string; readonly partition: number; readonly messages: readonly Taken[] },
  group: string,
  take: () => Promise<void>,
): Promise<void> {
  if (!isTracing() || messages.length === 0) return take();
  const attributes = {
    ...SYSTEM,
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.consumer.group.name': group,
    'messaging.batch.message_count': messages.length,
  };
  const open = (parent: TraceCarrier | 'none', links: readonly TraceCarrier[]) =>
    openSpan({ name: `process ${topic}`, kind: 'consumer', attributes, parent, links });
  const [first = 'none', ...others] = messages.flatMap((message) => placeOf(message) ?? []);
  const leader = open(first, []);
  const followers = others.map((other) => open(other, leader ? [leader.carrier()] : []));
  await inSpan(leader, take).then(
    () => endAll(followers),
    (error: unknown) => {
      endAll(followers, kindOf(error));
      throw error;
    },
  );
}

const endAll = (spans: readonly (OpenSpan | undefined)[], failure?: string) => spans.forEach((span) => span?.end(failure));

/** Where the message was sent, else where its event came to be (CloudEvents' extension for distributed tracing). */
function placeOf({ headers }: Taken): TraceCarrier | undefined {
  const texts = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value?.toString('utf8')]));
  return readCarrier(texts) ?? readCarrier({ traceparent: texts['ce_traceparent'], tracestate: texts['ce_tracestate'] });
}

/** Where an event comes to be, as an attribute of CloudEvents: https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/distributed-tracing.md */
export const cloudEventPlace = ({ traceparent, tracestate }: TraceCarrier): Record<string, string> => ({
  ce_traceparent: traceparent,
  ...(tracestate !== undefined && { ce_tracestate: tracestate }),
});
