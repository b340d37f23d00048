import type { Command } from 'commander';
import type { AuditEntry } from '../contracts/audit.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';
import { timeOf } from './timeOf.ts';

interface AuditOptions {
  readonly who?: string;
  readonly key?: string;
  readonly target?: string;
  readonly kind?: 'asked' | 'changed' | 'answered';
  readonly request?: string;
  readonly since?: string;
  readonly until?: string;
  readonly cursor?: string;
  readonly limit: string;
}

/** `audit`: who changed what. */
export function addAuditCommand(program: Command, perform: Perform): void {
  program
    .command('audit')
    .description('Show who changed what, newest first')
    .option('--who <name>', 'in whose name')
    .option('--key <id>', 'by which issued key')
    .option('--target <text>', 'what was changed, from its beginning, such as route_revisions/default')
    .option('--kind <kind>', 'asked, changed or answered')
    .option('--request <number>', 'all of one request')
    .option('--since <time>', 'not before')
    .option('--until <time>', 'before')
    .option('--cursor <text>', 'the page after, as the page before says')
    .option('--limit <n>', 'so many at most', '50')
    .action(({ key, since, until, ...options }: AuditOptions, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const query = {
          ...options,
          ...(key !== undefined && { key_id: key }),
          ...(since !== undefined && { since: timeOf('--since', since) }),
          ...(until !== undefined && { until: timeOf('--until', until) }),
        };
        const page = await api.audit.list({ query });
        const more = page.next_cursor === null ? '' : `\nMore: --cursor ${page.next_cursor}`;
        return { json: page, text: renderEntries(terminal, page.entries) + more };
      }),
    );
}

function renderEntries(terminal: Terminal, entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return 'Nothing was changed.';
  const rows = entries.map((entry) => [
    ...[timeText(terminal, entry.happened_at), entry.request ?? '-', entry.key_id === null ? entry.who : `${entry.who} (${entry.key_id})`],
    ...[entry.kind, entry.what, entry.target, outcomeOf(entry)],
  ]);
  const text = table(terminal, heads('WHEN', 'REQUEST', 'WHO', 'KIND', 'WHAT', 'TARGET', 'OUTCOME'), rows);
  return withZone(terminal, text);
}

const SHOWN_CHARACTERS = 60;
const shown = (value: unknown) => {
  const text = JSON.stringify(value ?? null);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
};

function outcomeOf({ kind, status, before, after }: AuditEntry): string {
  if (kind === 'asked') return '';
  return kind === 'answered' ? String(status ?? 'hung up') : `${shown(before)} → ${shown(after)}`;
}
