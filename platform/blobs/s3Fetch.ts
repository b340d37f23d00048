import { AwsV4Signer } from 'aws4fetch';
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

/**
 * `fetch` that waits for nobody without end.
 * @param key signs each request with its session token, where there is one
 */
export function createS3Fetch({ connectMs, silenceMs }: S3Waits, key: SessionKey | undefined): typeof fetch {
  const dispatcher = new Agent({ connect: { timeout: connectMs }, headersTimeout: silenceMs, bodyTimeout: silenceMs });
  const signingKeys = new Map<string, ArrayBuffer>(); // one a day
  const sign = async (url: string, { method = 'GET', headers = {}, body }: RequestInit) =>
    key ? new AwsV4Signer({ url, method, headers, ...key, service: 's3', cache: signingKeys }).sign() : { method, headers, body };
  const send = async (url: string, init: RequestInit = {}) => {
    const { method, headers } = await sign(url, init);
    const sent = { ...init, method, headers: headers instanceof Headers ? Object.fromEntries(headers) : headers, dispatcher };
    return fetchWithAgent(url, sent as InitWithAgent);
  };
  return ((url: string, init?: RequestInit) => send(url, init)) as unknown as typeof fetch;
}
