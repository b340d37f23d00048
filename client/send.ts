import { z } from 'zod';
import { IMAGE, type EndpointDescription } from '../contracts/endpoints/endpoint.ts';
import { problemSchema, type ProblemBody } from '../contracts/problem.ts';
import { ApiProblem, NoSuchApi, type CallFailed, type RawAnswer } from './errors.ts';
import { addressOf, type AnyRequest } from './request.ts';

export interface ClientOptions {
  /** Of the API, such as `http://127.0.0.1:8000` */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Of each call, up to the end of its answer */
  readonly timeoutMs?: number;
}

/** The API itself answers within a few seconds; reports on whole tables take longest. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Calls an endpoint.
 * @throws ApiProblem when the API refuses, NoSuchApi when there is no such API at that address, Failure `invalid` for a parameter that no path can hold
 */
export async function send(options: ClientOptions, description: EndpointDescription, request: AnyRequest): Promise<unknown> {
  const address = addressOf(options.url, description, request);
  const call = callText(description.method, address);
  const answer = await exchange(address, options, description, request).catch((error: unknown) => {
    request.signal?.throwIfAborted();
    throw noAnswer(address, call, error);
  });
  if (!isGood(answer)) throw refusalOf(address, call, answer);
  const content = contentOf(description, answer);
  if (content === undefined) throw withoutJson(address, call, answer);
  const parsed = description.answer.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new NoSuchApi(`${address.href} answered with something else than this client knows; is it this version's API?`, call, { answer });
}

const contentOf = ({ media }: EndpointDescription, { text, bytes }: { readonly text: string; readonly bytes: Uint8Array }): unknown =>
  media === IMAGE ? bytes : media ? text : parseJson(text);

export const callText = (method: string, { pathname, search }: URL): string => `${method.toUpperCase()} ${pathname}${search}`;

const isGood = ({ status }: RawAnswer) => status >= 200 && status < 300;

/** Nobody answered, or not to the end. */
export function noAnswer({ origin }: URL, call: string, error: unknown): NoSuchApi {
  const reason = reasonOf(error);
  return new NoSuchApi(`No API answers at ${origin} (${reason})`, call, { reason });
}

/** What an answer with the status of an error says. */
export function refusalOf(address: URL, call: string, answer: RawAnswer & { readonly statusText: string }): CallFailed {
  const content = parseJson(answer.text);
  if (content === undefined) return withoutJson(address, call, answer);
  return new ApiProblem(problemOf(content, answer.status, answer.statusText), call, answer);
}

const withoutJson = ({ origin }: URL, call: string, answer: RawAnswer) =>
  new NoSuchApi(`${origin} answered ${answer.status} without JSON; is it the API of movie-mlops?`, call, { answer });

export const keyHeaders = ({ apiKey }: ClientOptions): Record<string, string> => (apiKey ? { 'x-api-key': apiKey } : {});

/** One request and its whole answer, since one may also break off in the middle. */
async function exchange(
  address: URL,
  options: ClientOptions,
  { method }: EndpointDescription,
  { body, signal }: AnyRequest,
): Promise<RawAnswer & { statusText: string; bytes: Uint8Array }> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? ANSWER_TIMEOUT_MS);
  const answer = await fetch(address, {
    method: method.toUpperCase(),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    headers: { accept: 'application/json', ...keyHeaders(options), ...(hasBody(method) && JSON_TYPE) },
    ...(hasBody(method) && { body: JSON.stringify(body ?? {}) }), // where every field may be left out, so may be the body
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { status: answer.status, statusText: answer.statusText, text: new TextDecoder().decode(bytes), bytes };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const hasBody = (method: EndpointDescription['method']) => ['post', 'put', 'patch'].includes(method);

/** What `fetch` hides in the cause: https://undici.nodejs.org/#/docs/api/Errors */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string };
  return cause?.code ?? cause?.message ?? message;
}

/** @returns undefined for what is no JSON */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The problem body, with what it lacks; of an error answer in MLflow's words those, in any other its status. */
function problemOf(content: unknown, status: number, statusText: string): ProblemBody {
  const { data: inMlflowWords } = mlflowErrorSchema.safeParse(content);
  const plain = { type: 'about:blank', title: statusText || 'Error', status, detail: inMlflowWords?.message ?? `status ${status}` };
  return problemSchema.safeParse({ ...plain, ...Object(content) }).data ?? plain;
}

const mlflowErrorSchema = z.object({ error_code: z.string(), message: z.string() });
