import type { Command } from 'commander';
import { fetchFiles, listFiles } from './fetchArtifacts.ts';
import type { MovedFile } from './movedFile.ts';
import { sendFiles } from './sendArtifacts.ts';
import type { Perform } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';
import { table, type Terminal } from './terminal.ts';

const OF_ANY =
  "a run's id, runs:/<run>/<path>, models:/<name>/<version, latest or stage>/<path> or models:/<name>@<alias>/<path>; the path may be missing";

/** `artifacts`: the files of runs, models and versions. */
export function addArtifactCommands(program: Command, perform: Perform): void {
  const artifacts = program.command('artifacts').description('Files of runs, models and versions');
  artifacts
    .command('ls')
    .description('List what lies in a folder of artifacts')
    .argument('<address>', OF_ANY)
    .option('-r, --recursive', 'all below it, too', false)
    .action((address: string, { recursive }: { recursive: boolean }, command: Command) =>
      perform(command, async ({ artifacts: client, terminal }) => {
        const files = await listFiles(client, address, recursive ? 'all' : 'folder');
        return { json: { files }, text: renderListed(terminal, files) };
      }),
    );
  artifacts
    .command('get')
    .description('Fetch a file, or a folder with all below it; each file is held against its SHA-256')
    .argument('<address>', OF_ANY)
    .argument('[folder]', 'where they come to lie; made where it is missing', '.')
    .action((address: string, folder: string, _options: unknown, command: Command) =>
      perform(command, async ({ artifacts: client }) => {
        const files = await fetchFiles(client, address, folder);
        return { json: { folder, files }, text: `${summaryOf(files)} in ${folder}.` };
      }),
    );
  artifacts
    .command('put')
    .description('Put a file, or all that lies in a folder, onto a run')
    .argument('<path>', 'of the file or folder here')
    .argument('<address>', "a run's id, or runs:/<run>/<folder>; the folder need not be there")
    .action((path: string, address: string, _options: unknown, command: Command) =>
      perform(command, async ({ artifacts: client }) => {
        const files = await sendFiles(client, path, address);
        return { json: { files }, text: `${summaryOf(files)} at ${address}.` };
      }),
    );
  const gc = artifacts
    .command('gc')
    .description('Remove snapshots, models, files of runs and uploads that nothing refers to any more')
    .option('--dry-run', 'tell what would go, and remove nothing', false);
  withStartOptions(gc).action(({ dryRun, ...options }: StartOptions & { dryRun: boolean }, command: Command) =>
    perform(command, (session) => startRun(session, options, { workflow: 'blobCleanup', input: { dry_run: dryRun } })),
  );
}

const summaryOf = (files: readonly MovedFile[]) =>
  `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${files.reduce((sum, { bytes }) => sum + bytes, 0)} bytes,`;

function renderListed(terminal: Terminal, files: Awaited<ReturnType<typeof listFiles>>): string {
  if (files.length === 0) return 'There are no files.';
  const rows = files.map(({ path, is_folder, bytes }) => [is_folder ? `${path}/` : path, bytes === null ? '' : String(bytes)]);
  return table(terminal, [{ head: 'FILE' }, { head: 'BYTES', align: 'right' }], rows);
}
