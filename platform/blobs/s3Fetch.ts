import { AwsV4Signer } from 'aws4fetch';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch as fetchWithAgent, type RequestInit as InitWithAgent } from 'undici';

/** Of a store that answers, the time that it may say nothing: until it takes a connection, and until the next bytes of an answer come. */
export interface S3Waits {
  readonly connectMs: number;
  readonly silenceMs: number;
}
/** A part of 8 MB is sent within the silence, so at 140 kB a second at least. */
export const S3_WAITS: S3Waits = { connectMs: 5_000, silenceMs: 60_000 };

/** Who asks, for a while: what a role is given in place of a key of its own. */
export interface SessionKey {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What S3 says now and then of a request that it takes the next time: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorBestPractices.html */
const FOR_NOW: readonly number[] = [500, 502, 503, 504];
/** Done twice they leave what once does; the end of an upload in parts is not among them, and is the caller's to repeat. */
const REPEATABLE: readonly string[] = ['GET', 'HEAD', 'PUT', 'DELETE'];
const TRIES = 3;
const REST_MS = 200;

/**
 * `fetch` that waits for nobody without end, and asks again where the store is busy for now.
 * @param key signs each request with its session token, where there is one
 */
export function createS3Fetch({ connectMs, silenceMs }: S3Waits, key: SessionKey | undefined): typeof fetch {
  const dispatcher = new Agent({ connect: { timeout: connectMs }, headersTimeout: silenceMs, bodyTimeout: silenceMs });
  const signingKeys = new Map<string, ArrayBuffer>(); // one a day
  const sign = async (url: string, { method = 'GET', headers = {}, body }: RequestInit) =>
    key ? new AwsV4Signer({ url, method, headers, ...key, service: 's3', cache: signingKeys }).sign() : { method, headers, body };
  const send = async (url: string, init: RequestInit = {}, tries = TRIES): ReturnType<typeof fetchWithAgent> => {
    const { method, headers } = await sign(url, init);
    const sent = { ...init, method, headers: headers instanceof Headers ? Object.fromEntries(headers) : headers, dispatcher };
    const answer = await fetchWithAgent(url, sent as InitWithAgent);
    if (tries === 1 || !FOR_NOW.includes(answer.status) || !REPEATABLE.includes(method)) return answer;
    await answer.body?.cancel();
    await sleep(REST_MS * (TRIES - tries + 1) * (0.5 + Math.random()));
    return send(url, init, tries - 1);
  };
  return ((url: string, init?: RequestInit) => send(url, init)) as unknown as typeof fetch;
}
