import express, { type Router } from 'express';
import { z } from 'zod';
import type { EndpointDescription, PartSchema } from '../../contracts/endpoints/endpoint.ts';
import { idempotencyKeySchema } from '../../contracts/idempotency.ts';
import { requireRole, type Principal } from '../../platform/http/access.ts';
import { inRequest, parse, parseBody } from '../../platform/http/validate.ts';

type Checked<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export interface EndpointRequest<D extends EndpointDescription> {
  readonly params: Checked<PartSchema<D, 'params'>>;
  readonly query: Checked<PartSchema<D, 'query'>>;
  readonly body: Checked<PartSchema<D, 'body'>>;
  readonly principal: Principal;
  readonly headers: express.Request['headers'];
  /** Of an endpoint that takes one */
  readonly idempotencyKey: string | undefined;
  /** Sets the answer's Location header. */
  readonly locate: (url: string) => void;
}

const NO_QUERY = z.strictObject({});
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

export interface Endpoint {
  readonly description: EndpointDescription;
  readonly mount: (router: Router) => void;
}

/**
 * An endpoint: a description and what answers it.
 * @param handle gets the checked request and resolves with the body of the answer; throws a Failure where the caller is at fault
 */
export function endpoint<D extends EndpointDescription>(
  description: D,
  handle: (request: EndpointRequest<D>) => Promise<z.input<D['answer']>>,
): Endpoint {
  const { method, path, role, params, query, body, status = 200, media, isRetriable }: EndpointDescription = description;
  return {
    description,
    mount: (router) =>
      router[method](path, requireRole(role), async (req, res) => {
        const request = {
          params: params && parse(params, req.params, 'path'),
          query: parse(query ?? NO_QUERY, req.query, 'query'),
          body: body && parseBody(body, req),
          principal: res.locals['principal'] as Principal,
          headers: req.headers,
          idempotencyKey: isRetriable ? parse(idempotencyKeySchema, req.get('idempotency-key'), 'header') : undefined,
          locate: (url: string) => void res.location(url),
        } as EndpointRequest<D>;
        const answer = await handle(request).catch((error: unknown) => {
          throw inRequest(error, req);
        });
        if (media) return void res.status(status).type(media).set('content-security-policy', PAGE_POLICY).send(answer);
        res.status(status).json(answer);
      }),
  };
}

export function mountEndpoints(endpoints: readonly Endpoint[]): Router {
  const router = express.Router();
  for (const { mount } of endpoints) mount(router);
  return router;
}
