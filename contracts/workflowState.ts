import { z } from 'zod';

/** Query that every workflow answers, in the API, in Temporal's page and by `temporal workflow query`: what it does now. */
export const STATE_QUERY = 'state';

const underWaySchema = z.object({
  what: z.string().describe('A step, or the workflow that runs as a child'),
  subject: z.string().nullable().describe('The model, the view or the part of the work that it is about'),
  since: z.iso.datetime(),
  workflow_id: z.string().nullable().describe('Of a child'),
});
const waitSchema = z.object({ what: z.string(), until: z.iso.datetime() });

/** What a workflow says of itself while it goes on. */
export const workflowStateSchema = z.object({
  says: z.string().describe('The rest of it in a line, times in UTC'),
  doing: z.array(underWaySchema),
  waits: z.array(waitSchema),
  paused: z.boolean().describe('By the signal `pause`: nothing new begins until `resume`'),
  next: z.string().nullable().describe('The step after those; null where it is not known before'),
});
export type WorkflowState = z.infer<typeof workflowStateSchema>;
export type UnderWay = z.infer<typeof underWaySchema>;
export type Wait = z.infer<typeof waitSchema>;

/** How many of what goes on side by side a line names. */
const MOST_NAMED = 5;

/** The state in a line: `train_movie_model neural_cf; next evaluate_trained_model`, `cools down until 2026-11-29 14:20:00, 1 alert waits`. */
export function sayState({ doing, waits, paused, next }: Omit<WorkflowState, 'says'>, more: string | null): string {
  const named = [
    ...waits.map(({ what, until }) => `${what} until ${until.slice(0, 19).replace('T', ' ')}`),
    ...doing.map(({ what, subject }) => (subject === null ? what : `${what} ${subject}`)),
  ];
  const pause = paused ? ['paused until the signal `resume`'] : [];
  const left = named.length - MOST_NAMED;
  const now = [...named.slice(0, MOST_NAMED), ...(left > 0 ? [`${left} more`] : []), ...(more === null ? [] : [more]), ...pause].join(', ');
  return [now || 'nothing is under way', ...(next === null ? [] : [`next ${next}`])].join('; ');
}
