import { Option, type Command } from 'commander';
import type { Client } from '../client/index.ts';
import { CONSUMED_TOPICS, type DeadLetter, type LetterOutcome } from '../contracts/deadLetters.ts';
import type { Topic } from '../contracts/events.ts';
import { LETTERS_OF_REQUEST } from '../contracts/sizes.ts';
import { EXIT, Unusable } from './failure.ts';
import { bytesText, timeText, withZone } from './format.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';

const topicOption = () => new Option('--topic <topic>', 'that the messages came from; all when missing').choices(CONSUMED_TOPICS);

/** `events dlt`: messages that could not be taken. */
export function addDeadLetterCommands(events: Command, perform: Perform): void {
  const dlt = events.command('dlt').description('Dead letters: messages that could not be taken, with why and where each was');
  dlt
    .command('list')
    .description('List dead letters, oldest first')
    .addOption(topicOption())
    .addOption(new Option('--state <state>', 'what became of them').choices(['waiting', 'replayed', 'dropped', 'all']).default('waiting'))
    .option('--limit <n>', 'how many of each topic at most', '100')
    .action((options: ListOptions, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const letters = await listLetters(api, options);
        return { json: { dead_letters: letters }, text: renderLetters(terminal, letters) };
      }),
    );
  dlt
    .command('show')
    .description('Show one with its value and headers')
    .argument('<id>', 'as the list has it')
    .action((id: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const letter = await api.deadLetters.get({ params: { id } });
        return { json: letter, text: renderLetter(terminal, letter) };
      }),
    );
  addDecision(dlt, perform, 'replay', 'Send messages to their topics again as they were, each once');
  addDecision(dlt, perform, 'drop', 'Mark dead letters as done with');
}

interface ListOptions {
  readonly topic?: Topic;
  readonly state: 'waiting' | 'replayed' | 'dropped' | 'all';
  readonly limit: string;
}

async function listLetters(api: Client, { topic, state, limit }: ListOptions): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const each of topic ? [topic] : CONSUMED_TOPICS) letters.push(...(await lettersOf(api, each, state, Number(limit))));
  return letters;
}

async function lettersOf(api: Client, topic: Topic, state: ListOptions['state'], most: number): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (let after: string | null | undefined; after !== null && letters.length < most;) {
    const query = { topic, state, after, limit: String(Math.min(1_000, most - letters.length)) };
    const page = await api.deadLetters.list({ query });
    letters.push(...page.dead_letters);
    after = page.next;
  }
  return letters;
}

interface DecideOptions {
  readonly topic?: Topic;
  readonly all: boolean;
}

function addDecision(dlt: Command, perform: Perform, name: 'replay' | 'drop', description: string): void {
  dlt
    .command(name)
    .description(description)
    .argument('[ids...]', 'as the list has them')
    .option('--all', 'all that wait', false)
    .addOption(topicOption())
    .action((ids: string[], options: DecideOptions, command: Command) =>
      perform(command, (session) => decide(session, name, ids, options)),
    );
}

async function decide(
  { api, terminal }: Session,
  name: 'replay' | 'drop',
  given: readonly string[],
  { all, topic }: DecideOptions,
): Promise<Outcome> {
  if (all === given.length > 0) throw new Unusable('Name dead letters by their ids, or take --all');
  const waiting = all ? await listLetters(api, { ...(topic && { topic }), state: 'waiting', limit: 'Infinity' }) : [];
  const ids = all ? waiting.map(({ id }) => id) : given;
  const outcomes: LetterOutcome[] = [];
  for (let from = 0; from < ids.length; from += LETTERS_OF_REQUEST) {
    const answer = await api.deadLetters[name]({ body: { ids: ids.slice(from, from + LETTERS_OF_REQUEST) } });
    outcomes.push(...answer.dead_letters);
  }
  const isDone = outcomes.every(({ outcome }) => !['missing', 'refused'].includes(outcome));
  return { json: { dead_letters: outcomes }, text: renderOutcomes(terminal, outcomes), ...(!isDone && { exitCode: EXIT.failed }) };
}

const NONE = 'There are none.';

function renderLetters(terminal: Terminal, letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return NONE;
  const rows = letters.map(({ id, timestamp, because, state, key, error }) => [
    id,
    timeText(terminal, timestamp),
    because ?? '-',
    state,
    bytesText(key),
    error.slice(0, 120),
  ]);
  return withZone(terminal, table(terminal, heads('ID', 'WHEN', 'BECAUSE', 'STATE', 'KEY', 'WHY'), rows));
}

function renderLetter(terminal: Terminal, letter: DeadLetter): string {
  const { id, because, error, origin, state, decided_by, decided_at, key, value, value_bytes, headers, timestamp, is_cut } = letter;
  const rows: [string, string][] = [
    ['id', id],
    ['written', timeText(terminal, timestamp)],
    ['because', because ?? '-'],
    ['why', error],
    [
      'was at',
      origin ? `${origin.topic}, partition ${origin.partition}, offset ${origin.offset}, ${timeText(terminal, origin.timestamp)}` : '-',
    ],
    ['state', decided_by === null ? state : `${state} by ${decided_by}, ${timeText(terminal, decided_at)}`],
    ['key', bytesText(key)],
    ...headers.map(({ name, value: text }): [string, string] => [`header ${name}`, bytesText(text)]),
    ['value', `${value_bytes ?? 0} bytes${is_cut ? ', a part of the message' : ''}`],
  ];
  return withZone(terminal, `${table(terminal, heads('', ''), rows).trimStart()}\n\n${bytesText(value)}`);
}

function renderOutcomes(terminal: Terminal, outcomes: readonly LetterOutcome[]): string {
  if (outcomes.length === 0) return NONE;
  const rows = outcomes.map(({ id, outcome, detail }) => [id, outcome.replaceAll('_', ' '), detail ?? '']);
  return table(terminal, heads('ID', 'OUTCOME', 'WHY'), rows);
}
