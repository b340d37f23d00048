import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import type { MigrationPhase } from '../../../platform/migrate.ts';
import { StartError } from '../supervision/startError.ts';

const PROGRAM = path.join(PROJECT_ROOT, 'dist', 'workers', 'prepare.js');

/**
 * Brings the database to this release, by the program that a deployment elsewhere would run first too.
 * @param phase of an upgrade in which the release before goes on; both where it is missing
 * @returns what was done, where anything was
 * @throws StartError with the program's reason
 */
export async function prepareDatabase(phase?: MigrationPhase): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...(phase ? [phase] : [])]);
    return stdout || undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new StartError(`The database cannot be brought to this release: ${stderr?.trim() || message}`, { cause: error });
  }
}
