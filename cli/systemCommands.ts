import type { Command } from 'commander';
import type { Setting, Versions } from '../contracts/system.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';

/** `settings` and `versions`: as what the API was set up, and what runs. */
export function addSystemCommands(program: Command, perform: Perform): void {
  program
    .command('settings')
    .description('Show every setting of the API, and where its value comes from; of a secret, whether it is set')
    .option('--given', 'those alone that the environment or a file gives', false)
    .action(({ given }: { given: boolean }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const { settings } = await api.system.settings();
        const shown = settings.filter(({ source }) => !given || source !== 'default');
        return { json: { settings: shown }, text: renderSettings(terminal, shown) };
      }),
    );
  program
    .command('versions')
    .description('Show the releases of the platform, of Node and of the engines')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const versions = await api.system.versions();
        return { json: versions, text: renderVersions(terminal, versions) };
      }),
    );
}

function renderSettings(terminal: Terminal, settings: readonly Setting[]): string {
  if (settings.length === 0) return 'Every setting is as it is by default.';
  const rows = settings.map(({ name, purpose, source, is_secret: isSecret, is_set: isSet, value }) => [
    ...[name, isSecret ? (isSet ? '(set)' : '(not set)') : (value ?? '-'), source, purpose],
  ]);
  return table(terminal, heads('SETTING', 'VALUE', 'FROM', 'WHAT FOR'), rows);
}

function renderVersions(terminal: Terminal, { release, node, schema_version: schema, started_at: startedAt, engines }: Versions): string {
  const rows = [
    ['movie-mlops', release],
    ['node', node],
    ...engines.map(({ name, version }) => [name, version ?? '-']),
    ['newest migration', String(schema ?? '-')],
    ['the API runs since', timeText(terminal, startedAt)],
  ];
  return withZone(terminal, table(terminal, heads('WHAT', 'VERSION'), rows));
}
