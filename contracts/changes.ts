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
