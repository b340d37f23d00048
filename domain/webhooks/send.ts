import { isNativeError } from 'node:util/types';
import { errors, request, type Dispatcher } from 'undici';
import { clip } from '../../contracts/bounded.ts';
import { Failure } from '../../contracts/failures.ts';
import type { WebhookEvent, WebhookSettings } from '../../contracts/webhooks.ts';
import { AddressRefused, createPublicAgent } from '../../platform/publicAgent.ts';
import { readAddress } from './address.ts';
import { openSecret } from './secrets.ts';
import { headersOf } from './signature.ts';

export interface Message {
  readonly id: string;
  readonly event: WebhookEvent;
  /** ISO 8601 */
  readonly occurredAt: string;
  readonly data: unknown;
}

export interface Receiver {
  readonly url: string;
  /** As it is kept; null: deliveries are not signed */
  readonly keptSecret: string | null;
}

/** What became of one attempt. */
export interface Attempt {
  readonly isDelivered: boolean;
  /** What was answered; null where nothing was */
  readonly status: number | null;
  /** The beginning of the answer, for the caller that tests a webhook alone */
  readonly body: string;
  readonly error: string | null;
  readonly isWorthRetry: boolean;
  /** Where the receiver says when it is to be asked again */
  readonly retryAfterMs: number | null;
}

/** From the first byte to the last of an attempt. */
const ATTEMPT_TIMEOUT_MS = 10_000;
const ANSWER_BYTES = 4_096;
const ERROR_CHARACTERS = 500;
const LONGEST_RETRY_AFTER_S = 120;

/**
 * Sends a message once. Redirects are not followed: where they lead is not what was asked for. A receiver that is no public address is refused on the
 * address that the connection goes to.
 */
export async function sendOnce(
  receiver: Receiver,
  message: Message,
  settings: WebhookSettings,
  timeoutMs = ATTEMPT_TIMEOUT_MS,
): Promise<Attempt> {
  const agent = createPublicAgent(settings.allowedHosts, timeoutMs);
  try {
    const url = readAddress(receiver.url, settings);
    const secret = receiver.keptSecret === null ? null : openSecret(receiver.keptSecret, settings.secretKey);
    const body = bodyOf(message);
    const answer = await request(url, {
      dispatcher: agent,
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'movie-mlops',
        ...headersOf({ id: message.id, timestamp: Math.floor(Date.now() / 1000), body }, secret),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return toAttempt(answer, await readStart(answer.body));
  } catch (error) {
    return {
      isDelivered: false,
      status: null,
      body: '',
      error: clip(wordsOf(error, timeoutMs), ERROR_CHARACTERS),
      isWorthRetry: !isForGood(error),
      retryAfterMs: null,
    };
  } finally {
    await agent.destroy();
  }
}

/** In MLflow's form. */
function bodyOf({ event, occurredAt, data }: Message): string {
  const [entity, action] = event.split('.');
  return JSON.stringify({ entity, action, timestamp: occurredAt.replace('Z', '+00:00'), data });
}

async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8');
}

function toAttempt({ statusCode: status, headers }: Dispatcher.ResponseData, body: string): Attempt {
  const isDelivered = status >= 200 && status < 300;
  const isRedirect = status >= 300 && status < 400;
  const error = isDelivered ? null : `it answered ${status}${isRedirect ? ', and redirects are not followed' : ''}`;
  const retryAfterS = Number(headers['retry-after']);
  return {
    isDelivered,
    status,
    body,
    error,
    isWorthRetry: status >= 500 || status === 429 || status === 408,
    retryAfterMs: retryAfterS > 0 ? Math.min(retryAfterS, LONGEST_RETRY_AFTER_S) * 1000 : null,
  };
}

/** What no further attempt mends: an address that may not be asked. */
const isForGood = (error: unknown) => error instanceof AddressRefused || error instanceof Failure;

function wordsOf(error: unknown, timeoutMs: number): string {
  const isLate = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
  if (isLate || (error as Error).name === 'TimeoutError') return `it did not answer within ${timeoutMs / 1000} s`;
  if (error instanceof AddressRefused)
    return `${error.message}, and those alone are told; WEBHOOK_ALLOWED_HOSTS lists the others that may be`;
  // Of a name with several addresses each failed for itself.
  const first: unknown = isNativeError(error) && 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error;
  return isNativeError(first) ? first.message : String(first);
}
