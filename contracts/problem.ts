import { z } from 'zod';
import { clip } from './bounded.ts';
import { FAULTS } from './sizes.ts';

export const fieldErrorSchema = z.object({
  field: z.string().describe('Path of the field at fault, such as `body.k` or `query.user_id`'),
  message: z.string(),
});
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** Body of every error answer (RFC 9457, application/problem+json). */
export const problemSchema = z.object({
  type: z.string().describe('A stable name for the kind of problem, such as `/problems/validation`'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z.array(fieldErrorSchema).optional(),
  request_id: z.string().optional(),
});
export type ProblemBody = z.infer<typeof problemSchema>;

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  413: 'Body too large',
  415: 'Unsupported media type',
  422: 'Validation failed',
  500: 'Internal error',
  503: 'Service unavailable',
};

/**
 * A problem that a caller caused, or can do something about. Thrown anywhere, turned into an answer in one place. Its words are bounded, whatever the
 * caller sent is quoted in them.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  constructor(
    readonly status: number,
    detail: string,
    readonly extra: { type?: string; errors?: FieldError[]; retryAfterS?: number } = {},
  ) {
    super(clip(detail, FAULTS.textCharacters));
    this.detail = this.message;
    this.title = TITLES[status] ?? 'Error';
    this.type = extra.type ?? `/problems/${this.title.toLowerCase().replaceAll(' ', '-')}`;
  }

  toBody(requestId?: string): ProblemBody {
    const { type, title, status, detail } = this;
    return {
      type,
      title,
      status,
      detail,
      ...(this.extra.errors && { errors: this.extra.errors.slice(0, FAULTS.most).map(bounded) }),
      ...(requestId && { request_id: requestId }),
    };
  }
}

const bounded = ({ field, message }: FieldError): FieldError => ({
  field: clip(field, FAULTS.fieldCharacters),
  message: clip(message, FAULTS.messageCharacters),
});

export const notFound = (detail: string) => new Problem(404, detail);
export const conflict = (detail: string) => new Problem(409, detail);
export const invalid = (field: string, message: string) => new Problem(422, `${field}: ${message}`, { errors: [{ field, message }] });
/** An engine that this answer needs is not there now. */
export const unavailable = (dependency: string) =>
  new Problem(503, `${dependency} is not available; try again shortly`, { retryAfterS: 2 });

/** Statuses that say nothing against the request: the same one can pass a moment later. */
export const isPassingStatus = (status: number): boolean => [429, 502, 503, 504].includes(status);
