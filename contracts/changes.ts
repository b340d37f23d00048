import { z } from 'zod';

/** Of the API, by the names that its client has for them. What changes in bulk, such as events and ratings, is not told. */
export const CHANGE_SUBJECTS = [
  'runs',
  'backups',
  'schedules',
  'models',
  'registry',
  'routes',
  'servingRules',
  'canaries',
  'scaling',
  'drift',
  'dataSets',
  'titleMatches',
  'quality',
  'movies',
  'features',
  'deadLetters',
  'webhooks',
  'keys',
  'audit',
] as const;
export type ChangeSubject = (typeof CHANGE_SUBJECTS)[number];

/** The data of an event of the stream, as JSON. */
export const changeSchema = z.object({ subjects: z.array(z.enum(CHANGE_SUBJECTS)) });
export type Change = z.infer<typeof changeSchema>;
