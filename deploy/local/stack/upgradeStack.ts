import type { Config } from '../../../platform/config.ts';
import { untilAborted } from '../../../platform/untilAborted.ts';
import { StartError } from '../supervision/startError.ts';
import { planUpgrade } from './planUpgrade.ts';
import { prepareDatabase } from './prepare.ts';
import type { Progress } from './progress.ts';
import { defineServices } from './stack.ts';
import { takeOver } from './stackLock.ts';
import { supervise } from './supervise.ts';
import { adopt, replaceAll, wayBack } from './upgrade.ts';

/**
 * Puts this release in the place of the one that runs and stays as its supervisor. Until the schema is expanded nothing of what runs is touched.
 * @returns the exit code
 * @throws StartError where nothing runs, or the plan says that it is not safe
 */
export async function upgradeStack(config: Config, progress: Progress): Promise<number> {
  const plan = await planUpgrade(config);
  if (plan.problems.length > 0) throw new StartError(`This stack is not upgraded:\n${plan.problems.map((each) => `  ${each}`).join('\n')}`);
  await progress.step('expand', () => prepareDatabase('expand'));
  const before = await takeOver(config.stateDir);
  const definitions = defineServices(config).filter(({ name }) =>
    before.services.some((row) => row.name === name && row.state !== 'stopped'),
  );
  const isNew = (name: string) => plan.processes.some((process) => process.name === name && process.is_new);
  let code = 0;
  return supervise({ config, progress, definitions, codeWhenTold: () => code }, async (services, signal) => {
    try {
      await adopt(services, before, config);
      await replaceAll(services, isNew, progress);
      progress.note(`All is ${plan.to} now, and watched over from here. Ctrl-C stops everything.`);
    } catch (error) {
      if (signal.aborted) throw error;
      code = 1;
      progress.note(wayBack(error, plan.from));
    }
    await untilAborted(signal);
    return code;
  });
}
