import { z } from 'zod';
import { RUN_ID_CHARACTERS } from '../sizes.ts';
import { isStorable } from '../text.ts';

/** Stands for no first part: what follows is the whole id. */
const WHOLE = '~';
/** The same for an id of nothing but dots, by which a URL would go up: a `~` stands behind it. */
const DOTS = '~~';
const IS_DOTS = /^\.{1,2}$/;
const FIRST_PART = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}$/;

/**
 * A run id in a path: its first part, then all that comes after the slash, encoded. Ids of ours have two parts, `training/2026-11-23-a1`; one that somebody
 * chose in Temporal may be any text, and one without such a first part stands behind `~`: `~/ui-1`.
 * The ids `.` and `..` are `~~/.~` and `~~/..~`, since whatever reads a URL takes them, encoded too, for a way up.
 */
export const runParams = z.object({
  subject: z
    .string()
    .regex(/^(~~?|[A-Za-z0-9][A-Za-z0-9._:+-]{0,199})$/, 'letters, digits and ._:+-, or ~')
    .describe("The id's part before its first slash, or `~`, where `run` is the whole id, or `~~`, where it is the whole id and a `~`"),
  run: z.string().min(1).max(RUN_ID_CHARACTERS).refine(isStorable, 'no U+0000').describe('The rest of the id, encoded'),
});
type RunParams = z.infer<typeof runParams>;

export function runIdOf({ subject, run }: RunParams): string {
  if (subject === DOTS) return run.replace(/~$/, '');
  return subject === WHOLE ? run : `${subject}/${run}`;
}
export function runParamsOf(runId: string): RunParams {
  if (IS_DOTS.test(runId)) return { subject: DOTS, run: `${runId}~` };
  const [subject = '', ...rest] = runId.split('/');
  const run = rest.join('/');
  // What a URL would leave out or go up by has to stand with what comes before it.
  return FIRST_PART.test(subject) && !/^\.{0,2}$/.test(run) ? { subject, run } : { subject: WHOLE, run: runId };
}
