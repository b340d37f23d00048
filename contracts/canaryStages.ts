import { z } from 'zod';
import { CANARY_STAGES } from './sizes.ts';

const count = z.number().int().min(0);
export const minutes = z.number().min(0).max(100_000);

export const canaryStageSchema = z.strictObject({
  share: z.number().min(0.0001).max(1).describe('Of the users, that the version has; whoever has it at one stage keeps it at the next'),
  min_minutes: minutes.default(10),
  min_answers: count.max(100_000_000).default(1_000).describe('Answers of the version within the stage, before the next stage begins'),
});
export type CanaryStage = z.infer<typeof canaryStageSchema>;

/** In their order. */
export const canaryStagesSchema = z
  .array(canaryStageSchema)
  .min(1)
  .max(CANARY_STAGES)
  .refine(
    (stages) => stages.every(({ share }, at) => at === 0 || share > stages[at - 1]!.share),
    'each has a larger share than the one before',
  );
export type CanaryStages = z.input<typeof canaryStagesSchema>;

/** Of the text `SHARE[:MINUTES[:ANSWERS]]`; undefined where it is none. */
export function readStage(text: string): CanaryStages[number] | undefined {
  const [share = NaN, minutes, answers, ...more] = text.split(':').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (more.length > 0 || [share, minutes ?? 0, answers ?? 0].some((number) => !Number.isFinite(number))) return undefined;
  return { share, ...(minutes !== undefined && { min_minutes: minutes }), ...(answers !== undefined && { min_answers: answers }) };
}
