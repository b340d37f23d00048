import { z } from 'zod';
import { RUN_ID_CHARACTERS } from '../sizes.ts';
import { isStorable } from '../text.ts';

export { runIdOf, runParamsOf } from './runAddress.ts';

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
