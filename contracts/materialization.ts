import { z } from 'zod';
import { isSpan, NO_SPAN } from './time.ts';
import { TIME_CHARACTERS } from './sizes.ts';

const time = z.iso.datetime({ offset: true }).max(TIME_CHARACTERS);

export const materializationInputSchema = z
  .strictObject({
    views: z.array(z.string().min(1).max(100)).min(1).max(100).optional().describe('Feature views; all that can be computed when missing'),
    start: time.optional().describe('Rows later than this; from where each view was brought online to when missing'),
    end: time.optional().describe('Rows up to this; the time of the start of the run when missing or still to come'),
    full: z.boolean().default(false).describe('From the beginning, whatever was brought online before'),
  })
  .refine(isSpan, { path: ['end'], message: NO_SPAN })
  .refine(({ start, full }) => !(start && full), { path: ['full'], message: 'goes without a start' });
export type MaterializationInput = z.input<typeof materializationInputSchema>;

/** What happens to one view. */
export interface ViewWindow {
  readonly view: string;
  readonly start?: string;
  readonly end: string;
  readonly full: boolean;
}

const viewMaterializationSchema = z.object({
  view: z.string(),
  computed: z.number().int().describe('Offline rows that were new or had changed'),
  online: z.number().int().describe('Entities whose latest row was brought online'),
  start: z.iso.datetime().nullable().describe('null: from the beginning'),
  end: z.iso.datetime(),
});

export const materializationResultSchema = z.object({ views: z.array(viewMaterializationSchema) });
export type MaterializationResult = z.infer<typeof materializationResultSchema>;
