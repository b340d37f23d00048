import { mkdir, rm } from 'node:fs/promises';
import { SetupError } from './command.mjs';

/**
 * One way to get a part: `by` names it to people; `isHere` says whether the machine has what it takes.
 * @typedef {{ by: string, isHere?: () => boolean | Promise<boolean>, run: (folder: string, context: object) => Promise<unknown> }} Way
 */

/**
 * Goes the first way that leads there. One that does not is told, and leaves nothing behind.
 * @param {readonly Way[]} ways in the order of choice
 * @returns {Promise<string>} the way that led there
 * @throws SetupError with the reason why each did not
 */
export async function firstThatWorks(ways, folder, context) {
  const reasons = [];
  for (const { by, isHere = () => true, run } of ways) {
    if (!(await isHere())) continue;
    context.step.say(by);
    try {
      await run(folder, context);
      return `by ${by}`;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      reasons.push(`by ${by}: ${error.message}`);
      context.note(`It did not work by ${by}: ${lastWordsOf(error)}`);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    }
  }
  throw new SetupError(reasons.join('\n'));
}

/** What a program said last; Java's traces are passed over. */
const lastWordsOf = ({ message }) => {
  const lines = message.split('\n');
  return lines.findLast((line) => line.trim() !== '' && !/^\s*(at |\.\.\. \d+ more)/.test(line)) ?? lines[0];
};
