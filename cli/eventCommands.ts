import { InvalidArgumentError, Option, type Command } from 'commander';
import type { z } from 'zod';
import type { Client } from '../client/index.ts';
import type { userInteractionBodySchema } from '../contracts/events.ts';
import type { GroupRow, TopicMessage, TopicRow } from '../contracts/topics.ts';
import { addDeadLetterCommands } from './deadLetterCommands.ts';
import { Unusable } from './failure.ts';
import { bytesText, timeText, withZone } from './format.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { timeOf } from './timeOf.ts';
import { heads, table, unbroken, type Terminal } from './terminal.ts';

/** `events`: what lies on Kafka's topics, who reads it, and what nobody could read. */
export function addEventCommands(program: Command, perform: Perform): void {
  const events = program.command('events').description("Look at Kafka's topics and groups, send messages, settle dead letters");
  events
    .command('topics')
    .description('List topics with their partitions and messages')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.topics.list();
        return { json: answer, text: renderTopics(terminal, answer.topics) };
      }),
    );
  events
    .command('groups')
    .description('List consumer groups, and how many messages each has yet to take')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.topics.groups();
        return { json: answer, text: renderGroups(terminal, answer.groups) };
      }),
    );
  events
    .command('tail')
    .description('Show messages of a topic as they come, until Ctrl-C')
    .argument('<topic>', 'as `mlops events topics` names it')
    .option('--from-beginning', 'those that are there already too', false)
    .option('--no-follow', 'show what is there and end')
    .option('--since <time>', 'those from then on that are there already too')
    .option('--filter <text>', 'those alone whose key or value has this text, or whose value has this field: user_id=anna')
    .option('-n, --max <n>', 'end after so many')
    .action((topic: string, options: TailOptions, command: Command) => perform(command, (session) => tail(session, topic, options)));
  events
    .command('show')
    .description('Show one message with all of its value and its headers')
    .argument('<topic>', 'as `mlops events topics` names it')
    .argument('<place>', 'its partition and offset, such as 0:17')
    .action((topic: string, place: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const [, partition, offset] = /^(\d+):(\d+)$/.exec(place) ?? [];
        if (partition === undefined || offset === undefined) throw new Unusable(`${place} is no place such as 0:17`);
        const message = await api.topics.message({ params: { topic, partition, offset } });
        return { json: message, text: withZone(terminal, renderMessage(terminal, message)) };
      }),
    );
  events
    .command('send')
    .description('Tell what a user did with a movie, as applications do')
    .argument('<user>', 'their id')
    .argument('<movie>', 'its id')
    .option('--type <type>', 'view, click, watch, like, dislike, purchase or skip', 'view')
    .option('--rating <stars>', 'from 0.5 to 5: the event is a rating')
    .option('--session <id>', 'that it belongs to')
    .action((user: string, movie: string, { type, rating, session }: SendOptions, command: Command) =>
      perform(command, async ({ api }) => {
        const kind = rating === undefined ? { interaction_type: type } : { interaction_type: 'rating', rating: Number(rating) };
        const body = { user_id: user, movie_id: movie, ...kind, ...(session !== undefined && { session_id: session }) };
        // As a person wrote it; the API says what is wrong with it.
        const accepted = await api.events.interaction({ body: body as z.input<typeof userInteractionBodySchema> });
        return { json: accepted, text: 'event_id' in accepted ? `Accepted as ${accepted.event_id}.` : 'Accepted.' };
      }),
    );
  events
    .command('produce')
    .description('Put a message on a topic as it is')
    .argument('<topic>', 'as `mlops events topics` names it')
    .argument('<value>', 'its text; an event is JSON')
    .option('--key <key>', 'which also chooses the partition')
    .addOption(new Option('--header <name=value>', 'may come again').argParser(addHeader))
    .action((topic: string, value: string, { key, header }: { key?: string; header?: Headers }, command: Command) =>
      perform(command, async ({ api }) => ({
        json: await api.topics.produce({ params: { topic }, body: { value, key, headers: header } }),
        text: `Sent to ${topic}.`,
      })),
    );
  addDeadLetterCommands(events, perform);
}

interface SendOptions {
  readonly type: string;
  readonly rating?: string;
  readonly session?: string;
}

type Headers = Readonly<Record<string, string>>;

function addHeader(text: string, before: Headers = {}): Headers {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give name=value, such as ce_type=test.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

interface TailOptions {
  readonly fromBeginning: boolean;
  readonly follow: boolean;
  readonly since?: string;
  readonly filter?: string;
  readonly max?: string;
}

const PAGE = 200;
const WAIT_MS = 2_000;

async function tail({ api, terminal, json }: Session, topic: string, options: TailOptions): Promise<Outcome> {
  const most = options.max === undefined ? Infinity : Number(options.max);
  if (!(most >= 1)) throw new Unusable(`--max ${options.max} is no whole number from 1 on`);
  if (json && options.follow && most === Infinity) throw new Unusable('--json is one document, so it needs an end: --no-follow or --max');
  const all: TopicMessage[] = [];
  let shown = 0;
  if (!json) terminal.err(withZone(terminal, '').trimStart());
  for await (const messages of pages(api, topic, options, () => most - shown)) {
    shown += messages.length;
    if (json) all.push(...messages);
    else for (const message of messages) terminal.out(`${messageLine(terminal, message)}\n`);
  }
  return { json: { messages: all }, text: '' };
}

async function* pages(
  api: Client,
  topic: string,
  { fromBeginning, follow, filter, ...options }: TailOptions,
  left: () => number,
): AsyncGenerator<TopicMessage[]> {
  const from = fromBeginning || !follow ? 'earliest' : 'latest';
  const since = options.since === undefined ? undefined : timeOf('--since', options.since);
  let after: string | undefined;
  while (left() > 0) {
    const query = {
      from,
      after,
      ...(after === undefined && { since }),
      filter,
      limit: String(Math.min(PAGE, left())),
      wait_ms: String(follow ? WAIT_MS : 0),
    } as const;
    const page = await api.topics.messages({ params: { topic }, query });
    if (page.messages.length > 0) yield page.messages;
    if (page.is_at_end && !follow) return;
    after = page.next;
  }
}

const messageLine = (terminal: Terminal, { partition, offset, timestamp, key, value }: TopicMessage): string =>
  [timeText(terminal, timestamp), `${partition}:${offset}`, bytesText(key), unbroken(bytesText(value))].join('  ');

function renderMessage(terminal: Terminal, message: TopicMessage): string {
  const head = [
    ['at', timeText(terminal, message.timestamp)],
    ['key', bytesText(message.key)],
    ['bytes', String(message.value_bytes ?? 0)],
    ...message.headers.map(({ name, value }) => [`header ${name}`, bytesText(value)]),
  ];
  return `${table(terminal, heads('', ''), head).trimStart()}\n\n${bytesText(message.value)}`;
}

function renderTopics(terminal: Terminal, topics: readonly TopicRow[]): string {
  if (topics.length === 0) return 'There are none.';
  const rows = topics.map(({ topic, partitions, messages }) => [topic, String(partitions.length), String(messages)]);
  return table(terminal, heads('TOPIC', 'PARTITIONS', 'MESSAGES'), rows);
}

function renderGroups(terminal: Terminal, groups: readonly GroupRow[]): string {
  if (groups.length === 0) return 'There are none.';
  const rows = groups.flatMap(({ group, state, members, topics, lag }) => {
    const whole = [group, state, String(members), '', String(lag)];
    return [whole, ...topics.map((each) => ['', '', '', each.topic, String(each.lag)])];
  });
  return table(terminal, heads('GROUP', 'STATE', 'MEMBERS', 'TOPIC', 'LAG'), rows);
}
