import type { Command } from 'commander';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ErasedStore, Erasure, ErasureReceipt } from '../contracts/erasure.ts';
import { Failed, Unusable } from './failure.ts';
import { timeText, withZone } from './format.ts';
import { inFiles } from './movedFile.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';
import { heads, table, type Terminal } from './terminal.ts';

/** `users`: what is kept of one, and its erasure. */
export function addUserCommands(program: Command, perform: Perform): void {
  const users = program.command('users').description('Export all that is kept of a user, erase a user, and see what became of erasures');
  users
    .command('export')
    .description('Write all that is kept of a user into a file, a line of JSON for each row, with the store that has it')
    .argument('<id>', 'of the user, such as 17, ml-1m:17 or "shop:customer 12"')
    .requiredOption('--to <file>', 'that it is written to')
    .action((id: string, { to }: { to: string }, command: Command) => perform(command, (session) => exportTo(session, id, to)));
  users
    .command('erase')
    .description('Erase a user from every store; what they do later is somebody new')
    .argument('<id>', 'of the user')
    .option('--yes', 'it cannot be taken back', false)
    .action((id: string, { yes }: { yes: boolean }, command: Command) =>
      perform(command, async ({ api }) => {
        if (!yes) throw new Unusable('An erasure cannot be taken back. Export the user first if need be; --yes erases.');
        const erasure = await api.users.erase({ params: { user_id: id } });
        const { receipt } = erasure;
        return { json: erasure, text: `Receipt ${receipt}; \`mlops users erasures show ${receipt}\` tells what became of it.` };
      }),
    );
  addErasures(users, perform);
}

function addErasures(users: Command, perform: Perform): void {
  const erasures = users
    .command('erasures')
    .description('List erasures, newest first; none says whose it was')
    .option('--limit <n>', 'how many at most', '100')
    .action(({ limit }: { limit: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.erasures.list({ query: { limit } });
        return { json: answer, text: renderErasures(terminal, answer.erasures) };
      }),
    );
  erasures
    .command('show')
    .description('Show a receipt: what was found in each store when it was looked at again, and what is kept until when')
    .argument('<receipt>', 'as `users erase` told it')
    .action((receipt: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const found = await api.erasures.get({ params: { receipt } });
        return { json: found, text: renderReceipt(terminal, found) };
      }),
    );
  const replay = erasures.command('replay').description('After a backup was restored: erase again every user who was erased and is here');
  withStartOptions(replay).action((options: StartOptions, command: Command) =>
    perform(command, (session) => startRun(session, options, { workflow: 'erasureReplay', input: {} })),
  );
}

/** The last line says that nothing is missing. */
async function exportTo({ exportUser }: Session, id: string, file: string): Promise<Outcome> {
  const aside = `${file}.part`;
  let last = '';
  let bytes = 0;
  async function* watched(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      bytes += chunk.byteLength;
      last = (last + Buffer.from(chunk).toString()).slice(-END_CHARACTERS);
      yield chunk;
    }
  }
  await inFiles(async () => {
    try {
      await pipeline(watched(await exportUser(id)), createWriteStream(aside));
      if (!END.test(last)) throw new Failed('The export broke off; nothing is kept of it.');
      await rename(aside, file);
    } finally {
      await rm(aside, { force: true });
    }
  });
  const rows = Number(END.exec(last)![1]);
  return { json: { file, rows, bytes }, text: `${rows} rows are in ${file}.` };
}
const END = /\{"store":"end","row":\{"rows":(\d+)\}\}\n$/;
const END_CHARACTERS = 100;

function renderErasures(terminal: Terminal, erasures: readonly Erasure[]): string {
  if (erasures.length === 0) return 'There are none.';
  const rows = erasures.map(({ receipt, state, requested_by, requested_at, done_at, waits_for }) => [
    receipt,
    state,
    requested_by,
    timeText(terminal, requested_at),
    timeText(terminal, done_at),
    waits_for.join(', '),
  ]);
  return withZone(terminal, table(terminal, heads('RECEIPT', 'STATE', 'ASKED BY', 'ASKED', 'DONE', 'WAITS FOR'), rows));
}

function renderReceipt(terminal: Terminal, receipt: ErasureReceipt): string {
  const { state, requested_by, requested_at, erased_before, is_repeated, waits_for, done_at, stores } = receipt;
  const facts = [
    `${receipt.receipt} ${state}${is_repeated ? ', repeated after a backup was restored' : ''}`,
    `asked for by ${requested_by}, ${timeText(terminal, requested_at)}; what is before ${timeText(terminal, erased_before)} goes`,
    ...(done_at ? [`done ${timeText(terminal, done_at)}`] : []),
    ...(waits_for.length > 0 ? [`waits for ${waits_for.join(', ')}`] : []),
  ];
  const rows = stores.map((store) => [
    store.store,
    store.state,
    String(store.erased),
    store.found === null ? '-' : String(store.found),
    whyOf(terminal, store),
  ]);
  return withZone(terminal, `${facts.join('\n')}\n\n${table(terminal, heads('STORE', 'STATE', 'ERASED', 'FOUND AGAIN', 'WHY'), rows)}`);
}

function whyOf(terminal: Terminal, { failure, found, reason, kept_until }: ErasedStore): string {
  if (failure !== null) return failure;
  if (!found || reason === null) return '';
  return kept_until ? `until ${timeText(terminal, kept_until)}: ${reason}` : reason;
}
