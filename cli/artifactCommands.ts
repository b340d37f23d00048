import type { Command } from 'commander';
import type { Perform } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';

/** `artifacts`: what lies in the blob store. */
export function addArtifactCommands(program: Command, perform: Perform): void {
  const artifacts = program.command('artifacts').description('Files of runs, models and versions');
  const gc = artifacts
    .command('gc')
    .description('Remove snapshots, models, files of runs and uploads that nothing refers to any more')
    .option('--dry-run', 'tell what would go, and remove nothing', false);
  withStartOptions(gc).action(({ dryRun, ...options }: StartOptions & { dryRun: boolean }, command: Command) =>
    perform(command, (session) => startRun(session, options, { workflow: 'blobCleanup', input: { dry_run: dryRun } })),
  );
}
