import type { Command } from 'commander';
import type { z } from 'zod';
import type { IssuedKey, issueKeyBodySchema, NewKey } from '../contracts/keys.ts';
import { ROLES } from '../contracts/roles.ts';
import { Unusable } from './failure.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';
import { timeOf } from './timeOf.ts';

/** `keys`: by which callers are known. */
export function addKeyCommands(program: Command, perform: Perform): void {
  const keys = program.command('keys').description('Keys by which callers are known: issue, rotate, revoke, list');
  keys
    .command('list')
    .description('List the keys that are good, without the keys themselves')
    .option('--all', 'also those that expired or were revoked', false)
    .action(({ all }: { all: boolean }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.keys.list({ query: { all: all ? 'true' : 'false' } });
        return { json: answer, text: renderKeys(terminal, answer.keys) };
      }),
    );
  addIssue(keys, perform);
  addRotate(keys, perform);
  keys
    .command('revoke')
    .description('End a key; every process knows within 3 seconds')
    .argument('<key>', 'its id')
    .action((id: string, _options: unknown, command: Command) =>
      perform(command, async ({ api }) => {
        const revoked = await api.keys.revoke({ params: { key_id: id } });
        return { json: revoked, text: `Key ${id} of ${revoked.name} is revoked.` };
      }),
    );
}

interface IssueOptions {
  readonly role: string;
  readonly expires?: string;
  readonly perMinute?: number;
}

function addIssue(keys: Command, perform: Perform): void {
  keys
    .command('issue')
    .description('Issue a key; it is shown this once')
    .argument('<name>', 'whose it is: what is done with it is done in this name')
    .requiredOption('--role <role>', `what it may: ${ROLES.join(', ')}`)
    .option('--expires <time>', 'when it ends by itself, such as 2026-12-24 or 90d')
    .option('--per-minute <n>', 'requests that it may send a minute', Number)
    .action((name: string, { role, expires, perMinute }: IssueOptions, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const body = {
          ...{ name, role },
          ...(expires !== undefined && { expires_at: endOf(expires) }),
          ...(perMinute !== undefined && { requests_per_minute: perMinute }),
        };
        // As a person typed it; the API says what is wrong with it.
        const made = await api.keys.issue({ body: body as z.input<typeof issueKeyBodySchema> });
        return { json: made, text: renderNew(terminal, made) };
      }),
    );
}

function addRotate(keys: Command, perform: Perform): void {
  keys
    .command('rotate')
    .description('Issue a key in place of another, which is good for a while yet')
    .argument('<key>', 'the id of the old one')
    .option('--grace <time>', 'how long the old one is good, such as 0s, 30m, 24h or 7d', '24h')
    .option('--expires <time>', 'when the new one ends by itself')
    .action((id: string, { grace, expires }: { grace: string; expires?: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const grace_s = secondsOf(grace);
        const made = await api.keys.rotate({
          params: { key_id: id },
          body: { grace_s, ...(expires !== undefined && { expires_at: endOf(expires) }) },
        });
        return { json: made, text: `${renderNew(terminal, made)}\nThe old one, ${id}, is good for ${grace} at most.` };
      }),
    );
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const SPAN = /^(\d{1,6})([smhd])$/;

function secondsOf(text: string): number {
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  if (count === undefined) throw new Unusable(`${text} is no span such as 30m, 24h or 7d`);
  return Number(count) * SECONDS[unit]!;
}

/** A time, or a span from now on. */
const endOf = (text: string): string =>
  SPAN.test(text) ? new Date(Date.now() + secondsOf(text) * 1_000).toISOString() : timeOf('--expires', text);

const renderNew = (terminal: Terminal, { key, ...made }: NewKey): string =>
  `${key}\n\nKeep it now: it is not shown again. It is ${made.name}'s, with the role ${made.role}${
    made.expires_at === null ? '' : `, until ${timeText(terminal, made.expires_at)}`
  }.`;

function renderKeys(terminal: Terminal, keys: readonly IssuedKey[]): string {
  if (keys.length === 0) return 'No key was issued.';
  const rows = keys.map((key) => [
    ...[key.key_id, key.name, key.role, key.state === 'good' && key.replaced_by !== null ? `rotated to ${key.replaced_by}` : key.state],
    ...[timeText(terminal, key.expires_at) || '-', timeText(terminal, key.last_used_at) || 'never', key.created_by],
    ...[timeText(terminal, key.created_at), key.requests_per_minute === null ? '-' : String(key.requests_per_minute)],
  ]);
  const text = table(terminal, heads('KEY', 'NAME', 'ROLE', 'STATE', 'UNTIL', 'LAST USED', 'BY', 'ISSUED', 'PER MINUTE'), rows);
  return withZone(terminal, text);
}
