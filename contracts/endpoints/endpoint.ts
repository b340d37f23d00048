import type { z } from 'zod';
import { invalid } from '../failures.ts';
import type { ProblemKind } from '../problem.ts';
import type { Role } from '../roles.ts';

/** A JSON document a line, sent as it is read. */
export const JSON_LINES = 'application/jsonl';
/** A picture, of a type that the answer says. */
export const IMAGE = 'image/*';
/** Server-sent events, without an end: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const EVENT_STREAM = 'text/event-stream';

/**
 * What one endpoint takes and gives. The API checks requests by it, the OpenAPI document is made from it, and so are the client's calls, so that the
 * three cannot differ.
 */
export interface EndpointDescription {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express writes it: `/api/v1/runs/:subject/:run` */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** Least role that may call it */
  readonly role: Role;
  /** Takes what is told of users, services or features, which is kept as such: the audit log has no row of it */
  readonly isData?: boolean;
  /** Lets somebody in or out: the audit log has it, though any viewer may */
  readonly isAccess?: boolean;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Takes the header Idempotency-Key: the same request again with the same key is the same */
  readonly isRetriable?: boolean;
  /** Status of the good answer; 200 when missing */
  readonly status?: 200 | 202;
  readonly answer: z.ZodType;
  /** Of the good answer; JSON when missing. A page is shown without any right to run or fetch something. */
  readonly media?: 'text/html' | typeof JSON_LINES | typeof IMAGE | typeof EVENT_STREAM;
  /** Its own problems, beside those that every endpoint has */
  readonly problems?: readonly ProblemKind[];
}

export type RequestPart = 'params' | 'query' | 'body';

/** The schema of a part of the request; `undefined` where the endpoint takes no such part. */
export type PartSchema<D extends EndpointDescription, Part extends RequestPart> = D extends {
  readonly [P in Part]: infer S extends z.ZodType;
}
  ? S
  : undefined;

/** What stands in a path for itself: run ids have `:` and `+` (RFC 3986, section 3.3). */
const GOOD_IN_PATH = /%3A|%2B/g;

/**
 * A path with its parameters in their places, encoded.
 * @throws Failure `invalid` for what no path can hold: nothing at all, and the dots by which a URL goes up
 */
export const fillPath = (path: string, params: Readonly<Record<string, string | number>> = {}): string =>
  path.replace(/:(\w+)/g, (_place, name: string) => {
    const text = String(params[name] ?? '');
    if (/^\.{0,2}$/.test(text)) throw invalid(name, `${JSON.stringify(text)} cannot stand in a path`);
    return encodeURIComponent(text).replace(GOOD_IN_PATH, decodeURIComponent);
  });
