import type { EVENT_STREAM, EndpointDescription } from '../contracts/endpoints/endpoint.ts';
import { ENDPOINTS } from '../contracts/endpoints/index.ts';
import { addressOf, type AddressOf, type AnswerOf, type AnyRequest, type RequestOf } from './request.ts';
import { send, type ClientOptions } from './send.ts';

/** Optional where nothing in it is needed. */
type Given<Request> = Partial<Request> extends Request ? [request?: Request] : [request: Request];

/** A call of one endpoint: what it takes, and the answer, are those of the endpoint's description. */
export interface Call<D extends EndpointDescription> {
  (...request: Given<RequestOf<D>>): Promise<AnswerOf<D>>;
  /** Where it is called, for a link */
  readonly url: (...address: Given<AddressOf<D>>) => string;
}

/** A stream has no end to wait for: whoever reads it is told where it is. */
type CallOf<D extends EndpointDescription> = D extends { readonly media: typeof EVENT_STREAM } ? Pick<Call<D>, 'url'> : Call<D>;
type Calls<Tree> = { readonly [Name in keyof Tree]: Tree[Name] extends EndpointDescription ? CallOf<Tree[Name]> : Calls<Tree[Name]> };

/** A call for each endpoint of the API, subject by subject: `client.runs.get({ params })`. */
export type Client = Calls<typeof ENDPOINTS>;

/**
 * Calls the API at `url`. Every call throws
 * - ApiProblem when the API refuses, with its status, detail and errors;
 * - NoSuchApi when nobody answers there, or something else than this API does;
 * - Failure `invalid` for a parameter that no path can hold, such as `..`.
 */
export function createClient(options: ClientOptions): Client {
  const callOf = (description: EndpointDescription) =>
    Object.assign((request: AnyRequest = {}) => send(options, description, request), {
      url: (address: AnyRequest = {}) => addressOf(options.url, description, address).href,
    });
  const callsOf = (subject: Readonly<Record<string, EndpointDescription>>) =>
    Object.fromEntries(Object.entries(subject).map(([name, description]) => [name, callOf(description)]));
  return Object.fromEntries(Object.entries(ENDPOINTS).map(([name, subject]) => [name, callsOf(subject)])) as unknown as Client;
}
