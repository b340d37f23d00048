import type { Config } from '../../../platform/config.ts';
import { adoptChild } from '../supervision/child.ts';
import { logFile } from '../supervision/logFile.ts';
import { isAlive } from '../supervision/processIdentity.ts';
import type { Service } from '../supervision/service.ts';
import { StartError } from '../supervision/startError.ts';
import { prepareDatabase } from './prepare.ts';
import type { Progress } from './progress.ts';
import { UPGRADE_ORDER } from './upgradeOrder.ts';
import { toIdentity, type ServiceRow, type StackState } from './stackState.ts';

/** Watches over what the supervisor before started; what was about to be started again is started. */
export async function adopt(services: readonly Service[], { services: rows }: StackState, config: Config): Promise<void> {
  for (const service of services) {
    const row = rows.find(({ name }) => name === service.name)!;
    const program = programOf(row);
    const child = program && adoptChild(program, { logFile: logFile(config, service.name), ...service.ending });
    if (child) service.adopt(child, new Date(row.started_at ?? Date.now()));
  }
  await Promise.all(services.filter((service) => service.status().child === undefined).map((service) => service.up()));
}

function programOf({ pid, start_time }: ServiceRow) {
  if (pid === null || start_time === null) return undefined;
  const program = toIdentity({ pid, start_time });
  return isAlive(program) ? program : undefined;
}

/**
 * Puts this release in the place of the one before, a process after the other, and then takes away what only that one needed.
 * @param isNew whether a process is of this release already, as after an upgrade that was interrupted
 * @throws StartError where a process does not come up; the one before goes on, and so does the stack
 */
export async function replaceAll(services: readonly Service[], isNew: (name: string) => boolean, progress: Progress): Promise<void> {
  for (const name of UPGRADE_ORDER) {
    const service = services.find((candidate) => candidate.name === name);
    if (service && !isNew(name)) await progress.step(name, () => service.replace());
  }
  await progress.step('contract', () => prepareDatabase('contract'));
}

/** What to do where an upgrade stopped half way. */
export function wayBack(error: unknown, releaseBefore: string): string {
  const reason = error instanceof StartError ? error.message : String(error);
  return `The upgrade stopped: ${reason}
What is upgraded stays so, what is not goes on as ${releaseBefore}; both work on the database as it is now.
To go on, mend what is wrong and run \`npx mlops upgrade\` again. To go back, run \`npx mlops down\` here and \`npm start\` with ${releaseBefore}.`;
}
