import { z } from 'zod';
import type { FailureKind } from './failures.ts';

/** What HTTP itself refuses. */
type Refusal = 'badRequest' | 'timeout' | 'methodNotAllowed' | 'unauthorized' | 'forbidden' | 'tooLarge' | 'unsupportedMedia' | 'tooMany';
/** The problems that the API answers with. */
export type ProblemKind = FailureKind | Refusal;

export const fieldErrorSchema = z.object({
  field: z.string().describe('Path of the field at fault, such as `body.k` or `query.user_id`'),
  message: z.string(),
});

/** Body of every error answer (RFC 9457, application/problem+json). */
export const problemSchema = z.object({
  type: z.string().describe('A stable name for the kind of problem, such as `/problems/validation-failed`'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z.array(fieldErrorSchema).optional(),
  request_id: z.string().optional(),
});
export type ProblemBody = z.infer<typeof problemSchema>;

/** Statuses that say nothing against the request: the same one can pass a moment later. */
export const isPassingStatus = (status: number): boolean => [429, 502, 503, 504].includes(status);
