import type { Command } from 'commander';
import type { Kept } from '../contracts/retention.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { heads, table } from './terminal.ts';

/** `retention`: what is kept for how long. */
export function addRetentionCommand(program: Command, perform: Perform): void {
  program
    .command('retention')
    .description('Show what is kept for how long, what removes it, and how old the oldest of it is')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.retention.list({});
        const rows = answer.kept.map((kept) => [
          ...[kept.name, howLong(kept), kept.setting ?? '', kept.removed_by ?? '', timeText(terminal, kept.oldest), kept.holds],
        ]);
        const text = table(terminal, heads('WHAT', 'KEPT', 'SETTING', 'REMOVED BY', 'OLDEST', 'HOLDS'), rows);
        return { json: answer, text: withZone(terminal, text) };
      }),
    );
}

function howLong({ days, until }: Kept): string {
  if (days === null) return `until ${until}`;
  return days < 2 ? `${Math.round(days * 24)} hours` : `${days} days`;
}
