import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { FieldError } from '../contracts/bounded.ts';
import { Failure, invalidFields, unavailable } from '../contracts/failures.ts';
import type { filterSchema } from '../contracts/ordering.ts';
import { problemSchema, type ProblemBody } from '../contracts/problem.ts';
import { recommendAnswerSchema } from '../contracts/recommendations.ts';
import { activeCarrier, inSpan, openInside } from '../platform/traces/traces.ts';

/** More than the model server waits for its database. */
export const MODEL_SERVER_TIMEOUT_MS = 2_500;
/** Of a route or a variant that is not there. */
const INVALID = 422;
/** A caller's credentials go along, since the model server asks for the same. */
const PASSED_ON = ['authorization', 'x-api-key', 'x-request-id'];

export interface RecommendRequest {
  readonly user_id: string | null;
  readonly k: number;
  readonly exclude_seen: boolean;
  readonly route: string;
  readonly variant?: string | undefined;
  readonly filter?: z.input<typeof filterSchema> | undefined;
  readonly diversity?: number | undefined;
  readonly explain: boolean;
}

export type ModelServer = ReturnType<typeof createModelServer>;

/** Its body is made from another request here, which has the field elsewhere. */
const placed = ({ field, message }: FieldError): FieldError => {
  const there = field.replace(/^body\./, '');
  return { field: FIELD_HERE[there] ?? there, message };
};
const FIELD_HERE: Readonly<Record<string, string>> = {
  'filter.genres': 'genres',
  'filter.exclude_genres': 'exclude_genres',
  'filter.exclude_ids': 'exclude',
  'filter.only_ids': 'only',
  'filter.years': 'year_from',
};

/** The model server at `url`. Every call throws Failure `unavailable` when it is away, has no model yet, or takes too long. */
export function createModelServer(url: string) {
  /** @returns the whole answer, since one may also break off in the middle */
  async function call(path: string, init: RequestInit): Promise<{ status: number; ok: boolean; text: string }> {
    try {
      const answer = await fetch(new URL(path, url), { ...init, signal: AbortSignal.timeout(MODEL_SERVER_TIMEOUT_MS) });
      return { status: answer.status, ok: answer.ok, text: await answer.text() };
    } catch (error) {
      throw Object.assign(unavailable('serving'), { cause: error });
    }
  }
  return {
    async recommend(request: RecommendRequest, headers: IncomingHttpHeaders): Promise<z.infer<typeof recommendAnswerSchema>> {
      const passedOn = Object.fromEntries(PASSED_ON.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])));
      const attributes = { 'http.request.method': 'POST', 'server.address': new URL(url).hostname };
      const answer = await inSpan(
        openInside(() => ({ name: 'POST /recommend', kind: 'client', attributes })),
        () =>
          call('/recommend', {
            method: 'POST',
            headers: { ...passedOn, ...activeCarrier(), 'content-type': 'application/json' },
            body: JSON.stringify(request),
          }),
      );
      if (answer.status === 503) throw saidBy(answer.text) ?? unavailable('serving');
      if (answer.status === INVALID) throw invalidFields(((JSON.parse(answer.text) as ProblemBody).errors ?? []).map(placed));
      if (!answer.ok) throw new Error(`the model server answered ${answer.status}: ${answer.text.slice(0, 500)}`);
      return recommendAnswerSchema.parse(JSON.parse(answer.text));
    },
    /** @throws when no model server answers */
    async release(): Promise<string> {
      const answer = await call('/health', {});
      return (JSON.parse(answer.text) as { release: string }).release;
    },
    /** @throws when no model server answers; whether it has a model yet is for its own health to say */
    async check(): Promise<string> {
      const answer = await call('/health/live', {});
      if (!answer.ok) throw new Error(`the model server answered ${answer.status}`);
      return url;
    },
  };
}

/** Why it has no answer for now, where it says so. */
function saidBy(text: string): Failure | undefined {
  try {
    return new Failure('unavailable', problemSchema.parse(JSON.parse(text)).detail);
  } catch {
    return undefined;
  }
}
