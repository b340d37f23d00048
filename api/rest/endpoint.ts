import express, { type Router } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { JSON_LINES, type EndpointDescription, type PartSchema } from '../../contracts/endpoints/endpoint.ts';
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
  readonly setCookie: (cookie: string) => void;
}

const NO_QUERY = z.strictObject({});
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";
const IMAGE_POLICY = "default-src 'none'; sandbox";

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
  const { method, path, role, params, query, body, status = 200, media, isRetriable, isData, isAccess }: EndpointDescription = description;
  return {
    description,
    mount: (router) =>
      router[method](path, requireRole(role, isData ? 'data' : isAccess ? 'access' : 'change'), async (req, res) => {
        const request = {
          params: params && parse(params, req.params, 'path'),
          query: parse(query ?? NO_QUERY, req.query, 'query'),
          body: body && parseBody(body, req),
          principal: res.locals['principal'] as Principal,
          headers: req.headers,
          idempotencyKey: isRetriable ? parse(idempotencyKeySchema, req.get('idempotency-key'), 'header') : undefined,
          locate: (url: string) => void res.location(url),
          setCookie: (cookie: string) => void res.append('set-cookie', cookie),
        } as EndpointRequest<D>;
        const answer = await handle(request).catch((error: unknown) => {
          throw inRequest(error, req);
        });
        if (media) return void res.status(status).type(media).set('content-security-policy', PAGE_POLICY).send(answer);
        res.status(status).json(answer);
      }),
  };
}

/** A picture, with how long a browser may keep it. */
interface Picture {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly keptS: number;
}

/** An endpoint whose answer is a picture, which nothing of is run wherever it is opened. */
export function imageEndpoint<D extends EndpointDescription>(
  description: D,
  handle: (request: Pick<EndpointRequest<D>, 'params'>) => Promise<Picture>,
): Endpoint {
  const { method, path, role, params }: EndpointDescription = description;
  return {
    description,
    mount: (router) =>
      router[method](path, requireRole(role), async (req, res) => {
        parse(NO_QUERY, req.query, 'query');
        const { type, bytes, keptS } = await handle({ params: params && parse(params, req.params, 'path') } as EndpointRequest<D>);
        res.set({ 'content-type': type, 'cache-control': `private, max-age=${keptS}`, 'content-security-policy': IMAGE_POLICY });
        res.send(bytes);
      }),
  };
}

/** What a request that is answered as it is read comes with beside. */
type StreamRequest<D extends EndpointDescription> = EndpointRequest<D> & {
  /** Aborts when nobody reads any more */ readonly signal: AbortSignal;
};

/**
 * An endpoint that answers line by line, in as much memory as a few of them take.
 * @param handle resolves with the lines; what fails before the first is a problem as of any endpoint, and what fails later cuts the connection
 */
export function streamEndpoint<D extends EndpointDescription>(
  description: D,
  handle: (request: StreamRequest<D>) => Promise<AsyncGenerator<string>>,
): Endpoint {
  const { method, path, role, params, media = JSON_LINES }: EndpointDescription = description;
  return {
    description,
    mount: (router) =>
      router[method](path, requireRole(role), async (req, res) => {
        const gone = new AbortController();
        res.on('close', () => gone.abort());
        const request = {
          params: params && parse(params, req.params, 'path'),
          query: parse(NO_QUERY, req.query, 'query'),
          principal: res.locals['principal'] as Principal,
          headers: req.headers,
          signal: gone.signal,
        } as StreamRequest<D>;
        const lines = await handle(request);
        const first = await lines.next();
        res.type(media);
        try {
          await pipeline(Readable.from(linesFrom(first, lines)), res);
        } catch {
          res.destroy(); // a connection that is cut tells that this is not all
        }
      }),
  };
}

async function* linesFrom(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done) return;
  yield `${first.value}\n`;
  for await (const line of rest) yield `${line}\n`;
}

export function mountEndpoints(endpoints: readonly Endpoint[]): Router {
  const router = express.Router();
  for (const { mount } of endpoints) mount(router);
  return router;
}
