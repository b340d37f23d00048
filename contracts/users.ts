import { z } from 'zod';
import { userIdSchema } from './events.ts';

const MAX_AGE = 130;

export const userParamsSchema = z.object({ user_id: userIdSchema });

export const putUserBodySchema = z.strictObject({
  age: z.number().int().min(0).max(MAX_AGE).nullable().describe('In years; null where it is not known'),
});

/** What is known of a user. */
export const userSchema = z.object({
  user_id: z.string(),
  age: z.number().int().nullable(),
  source: z.string().describe('The imported set that the user came with, or `api`'),
  choices: z.number().int().describe('How many movies they rated, met or disliked'),
  updated_at: z.iso.datetime().describe('When this was said of them; of whom nothing was said, when they last did something'),
});
export type User = z.infer<typeof userSchema>;

export const userSessionSchema = z.object({
  session_id: z.string().nullable().describe('As its sender named it; null for one that ends where the user did nothing for 30 minutes'),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().describe('Of the last event so far'),
  events: z.number().int(),
  movies: z.number().int().describe('How many different ones'),
  searches: z.number().int(),
});
export type UserSession = z.infer<typeof userSessionSchema>;
