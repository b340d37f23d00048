import { z } from 'zod';
import { RUN_ID_CHARACTERS } from '../sizes.ts';
import { isStorable } from '../text.ts';

/** Stands for no first part: what follows is the whole id. */
const WHOLE = '~';
const FIRST_PART = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}$/;

/**
 * A run id in a path: its first part, then all that comes after the slash, encoded. Ids of ours have two parts, `training/2026-11-23-a1`; one that somebody
 * chose in Temporal may be any text, and one without such a first part stands behind `~`: `~/ui-1`.
 */
export const runParams = z.object({
  subject: z
    .string()
    .regex(/^(~|[A-Za-z0-9][A-Za-z0-9._:+-]{0,199})$/, 'letters, digits and ._:+-, or ~')
    .describe("The id's part before its first slash, or `~`, where `run` is the whole id"),
  run: z.string().min(1).max(RUN_ID_CHARACTERS).refine(isStorable, 'no U+0000').describe('The rest of the id, encoded'),
});
type RunParams = z.infer<typeof runParams>;

export const runIdOf = ({ subject, run }: RunParams): string => (subject === WHOLE ? run : `${subject}/${run}`);
export function runParamsOf(runId: string): RunParams {
  const [subject = '', ...rest] = runId.split('/');
  const run = rest.join('/');
  // What a URL would leave out or go up by has to stand with what comes before it.
  return FIRST_PART.test(subject) && !/^\.{0,2}$/.test(run) ? { subject, run } : { subject: WHOLE, run: runId };
}
