import { z } from 'zod';

/**
 * What a subject can be told by the environment: each variable once, with its default, its bounds and what it is for, and how the subject calls them.
 * `platform/config.ts` gathers these and reads the environment.
 */
export const settingsOf = <Variables extends z.ZodRawShape, Settings>(
  variables: Variables,
  read: (env: z.output<z.ZodObject<Variables>>) => Settings,
) => ({ variables, read });

export const milliseconds = (fallback: number, purpose: string) => z.coerce.number().int().min(0).default(fallback).describe(purpose);
export const share = (fallback: number, purpose: string) => z.coerce.number().min(0).max(1).default(fallback).describe(purpose);
