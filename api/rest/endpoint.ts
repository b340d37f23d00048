import express, { type Router } from 'express';
import type { z } from 'zod';
import type { Role } from '../../platform/config.ts';
import { Failure, invalidFields } from '../../contracts/failures.ts';
import { requireRole, type Principal } from '../../platform/http/access.ts';
import type { ProblemKind } from '../../platform/http/problems.ts';
import { parse, parseBody } from '../../platform/http/validate.ts';

type Schema = z.ZodType | undefined;
type Parsed<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined;

/** What one endpoint takes and gives: the request is checked by it, and the OpenAPI document is made from it, so that the two cannot differ. */
export interface EndpointDescription<P extends Schema = Schema, Q extends Schema = Schema, B extends Schema = Schema> {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As Express writes it: `/api/v1/runs/:subject/:run` */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** Least role that may call it */
  readonly role: Role;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Status of the good answer; 200 when missing */
  readonly status?: 200 | 202;
  readonly answer: z.ZodType;
  /** Of the good answer; JSON when missing. A page is shown without any right to run or fetch something. */
  readonly media?: 'text/html';
  /** Its own problems, beside those that every endpoint has */
  readonly problems?: readonly ProblemKind[];
}

export interface EndpointRequest<P extends Schema, Q extends Schema, B extends Schema> {
  readonly params: Parsed<P>;
  readonly query: Parsed<Q>;
  readonly body: Parsed<B>;
  readonly principal: Principal;
  readonly headers: express.Request['headers'];
  /** Sets the answer's Location header. */
  readonly locate: (url: string) => void;
}

const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export interface Endpoint {
  readonly description: EndpointDescription;
  readonly mount: (router: Router) => void;
}

/**
 * An endpoint: a description and what answers it.
 * @param handle gets the checked request and resolves with the body of the answer; throws a Failure where the caller is at fault
 */
export function endpoint<P extends Schema = undefined, Q extends Schema = undefined, B extends Schema = undefined>(
  description: EndpointDescription<P, Q, B>,
  handle: (request: EndpointRequest<P, Q, B>) => Promise<unknown>,
): Endpoint {
  const { method, path, role, params, query, body, status = 200, media } = description;
  return {
    description,
    mount: (router) =>
      router[method](path, requireRole(role), async (req, res) => {
        const request = {
          params: params && parse(params, req.params, 'path'),
          query: query && parse(query, req.query, 'query'),
          body: body && parseBody(body, req),
          principal: res.locals['principal'] as Principal,
          headers: req.headers,
          locate: (url: string) => void res.location(url),
        } as EndpointRequest<P, Q, B>;
        const answer = await handle(request).catch((error: unknown) => {
          throw inRequest(error, req);
        });
        if (media) return void res.status(status).type(media).set('content-security-policy', PAGE_POLICY).send(answer);
        res.status(status).json(answer);
      }),
  };
}

/** The domain names a field by its name; a caller is told where in the request it stands. */
function inRequest(error: unknown, { body, query, params }: express.Request): unknown {
  if (!(error instanceof Failure) || error.errors.length === 0) return error;
  const parts = Object.entries({ body: body as unknown, query, path: params });
  const placed = (field: string) => {
    const part = parts.find(([, fields]) => Object.hasOwn(Object(fields) as object, field.split('.')[0]!));
    return part ? `${part[0]}.${field}` : field;
  };
  return invalidFields(error.errors.map(({ field, message }) => ({ field: placed(field), message })));
}

export function mountEndpoints(endpoints: readonly Endpoint[]): Router {
  const router = express.Router();
  for (const { mount } of endpoints) mount(router);
  return router;
}
