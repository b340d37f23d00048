import type { Client } from '../../client/createClient.ts';
import { noteCall } from './asked.ts';
import { endpoints, type BuiltEndpoint } from './built.ts';
import { Away, Refused } from './failures.ts';
import { needsSignIn, noteAnswer } from './connection.ts';

const UNKNOWN = 401;

interface AnyRequest {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Who asks so is refused without the browser's own prompt. */
const OURS = { accept: 'application/json', 'x-requested-with': 'console' };

/** Of each call, up to the end of its answer: reports on whole tables take longest. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Every call of the API, as `client/` types them. What comes back is taken as it is: the page and the API are one build.
 * @throws Refused, Away, or the reason of the signal
 */
export const api = Object.fromEntries(
  Object.entries(endpoints).map(([subject, calls]) => [
    subject,
    Object.fromEntries(Object.entries(calls).map(([name, endpoint]) => [name, callOf(endpoint, `${subject}.${name}`)])),
  ]),
) as unknown as Client;

function callOf(endpoint: BuiltEndpoint, name: string) {
  const call = (request: AnyRequest = {}) => {
    noteCall(request.signal, name);
    return send(endpoint, request);
  };
  return Object.assign(call, {
    url: (address: AnyRequest = {}) => addressOf(endpoint, address),
  });
}

/** @param name none for a key alone @throws Refused of credentials that are not good */
export async function signIn({ name, secret }: { name: string; secret: string }): Promise<void> {
  const basic = () => `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${name}:${secret}`)))}`;
  await send(endpoints['session']!['open']!, { headers: name === '' ? { 'x-api-key': secret } : { authorization: basic() } });
  needsSignIn.value = false;
}

function addressOf({ path }: BuiltEndpoint, { params = {}, query = {} }: AnyRequest): string {
  const filled = path.replace(/:(\w+)/g, (_place, name: string) => encodeInPath(String(params[name] ?? '')));
  const asked = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return asked.length === 0 ? filled : `${filled}?${new URLSearchParams(asked).toString()}`;
}

async function send(endpoint: BuiltEndpoint, request: AnyRequest): Promise<unknown> {
  const { method } = endpoint;
  const { body, headers, signal } = request;
  const { answer, text } = await exchange(addressOf(endpoint, request), {
    method: method.toUpperCase(),
    headers: { ...OURS, ...(method !== 'get' && { 'content-type': 'application/json' }), ...headers },
    ...(['post', 'put', 'patch'].includes(method) && { body: JSON.stringify(body ?? {}) }),
    signal: signal ?? null,
  });
  if (answer.status === UNKNOWN) needsSignIn.value = true;
  if (!answer.ok) throw refusalOf(answer, text);
  return JSON.parse(text) as unknown;
}

/** @returns the whole answer, since one may also break off in the middle */
async function exchange(address: string, init: RequestInit): Promise<{ readonly answer: Response; readonly text: string }> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_TIMEOUT_MS); // one of AbortSignal.timeout would stay for all of its time
  try {
    const answer = await fetch(address, { ...init, signal: init.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal });
    const text = await answer.text();
    noteAnswer(true);
    return { answer, text };
  } catch (error) {
    init.signal?.throwIfAborted();
    noteAnswer(false);
    throw new Away(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function refusalOf({ status, statusText }: Response, text: string): Refused {
  try {
    const { detail, errors } = JSON.parse(text) as { detail?: string; errors?: { field: string; message: string }[] };
    return new Refused(status, detail ?? statusText, errors);
  } catch {
    return new Refused(status, statusText || `status ${status}`);
  }
}

/** @throws Refused for the dots by which a URL would go up */
function encodeInPath(text: string): string {
  if (/^\.{0,2}$/.test(text)) throw new Refused(404, `“${text}” cannot stand in an address`);
  return encodeURIComponent(text);
}
