import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServedAnswer } from '../../contracts/served.ts';
import { replaceFile } from '../../platform/replaceFile.ts';
import { filesBelow } from './filesBelow.ts';
import type { Store, Whose } from './store.ts';

/** A model server stores what it wrote down within moments; what lies for so long is nobody's. */
const LEFT_AFTER_MS = 10_000;

/**
 * Answers that the model servers of this machine wrote down and that are not stored yet. A model server that goes on stores all but those of erased users; what one
 * that is gone left is written anew.
 */
export const createWaitingAnswerStore = (stateDir: string): Store => {
  const folder = path.join(stateDir, 'served');
  return {
    async erase(whose) {
      let gone = 0;
      for (const file of await segments(folder)) {
        const lines = await linesOf(file);
        const left = lines.filter((line) => !isUsers(line, whose));
        const age = await stat(file).then(
          ({ mtimeMs }) => Date.now() - mtimeMs,
          () => 0,
        );
        if (left.length === lines.length || age < LEFT_AFTER_MS) continue;
        gone += lines.length - left.length;
        if (left.every((line) => line === '')) await rm(file, { force: true });
        else await replaceFile(file, (aside) => writeFile(aside, left.join('\n')));
      }
      return gone;
    },
    async look(whose) {
      let count = 0;
      for (const file of await segments(folder)) count += (await linesOf(file)).filter((line) => isUsers(line, whose)).length;
      return { count };
    },
  };
};

const segments = (folder: string): Promise<string[]> => filesBelow(folder, '.jsonl');

/** None of a file that was stored and removed meanwhile. */
const linesOf = async (file: string): Promise<string[]> => (await readFile(file, 'utf8').catch(() => '')).split('\n');

function isUsers(line: string, { userId, before }: Whose): boolean {
  if (!line.includes('"user_id"')) return false;
  try {
    const { user_id, served_at } = JSON.parse(line) as ServedAnswer;
    return user_id === userId && new Date(served_at) <= before;
  } catch {
    return false; // it was being written when its process was killed
  }
}
