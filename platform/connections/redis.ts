import { z } from 'zod';
import { readBy } from './files.ts';
import { isPair, readCertificates, readKey } from './pem.ts';

export const REDIS_VARIABLES = {
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be redis://HOST:PORT, or rediss://HOST:PORT by TLS' })
    .transform(
      readBy((url: string) => {
        redisOptions(url);
        return url;
      }),
    )
    .optional()
    .describe('Redis for the online feature store; rediss:// by TLS, with ?ssl_ca_certs=, &ssl_certfile= and &ssl_keyfile= as PEM files'),
  REDIS_USERNAME: z.string().optional().describe('ACL user, where REDIS_URL names none'),
  REDIS_PASSWORD: z.string().optional().describe('Password, where REDIS_URL has none'),
};

/** @returns the URL with user and password in it */
export function readRedis(env: z.infer<z.ZodObject<typeof REDIS_VARIABLES>>): string | undefined {
  if (env.REDIS_URL === undefined) return undefined;
  const url = new URL(env.REDIS_URL);
  if (url.username === '') url.username = encodeURIComponent(env.REDIS_USERNAME ?? '');
  if (url.password === '') url.password = encodeURIComponent(env.REDIS_PASSWORD ?? '');
  return url.href;
}

export interface RedisOptions {
  readonly url: string;
  readonly socket: { readonly tls: true; readonly ca?: string; readonly cert?: string; readonly key?: string } | Record<never, never>;
}

/**
 * What `@redis/client` connects with. The parameters are those of Redis's client for Python.
 * @throws Error that names the parameter which cannot be used
 */
export function redisOptions(text: string): RedisOptions {
  const url = new URL(text);
  const read = (name: string, readPem: typeof readKey) => {
    const file = url.searchParams.get(name);
    if (file === null) return undefined;
    if (url.protocol !== 'rediss:') throw new Error(`${name} needs a rediss:// address`);
    url.searchParams.delete(name);
    try {
      return readPem(file);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  };
  const [ca, cert, key] = [read('ssl_ca_certs', readCertificates), read('ssl_certfile', readCertificates), read('ssl_keyfile', readKey)];
  if ((cert === undefined) !== (key === undefined)) throw new Error('ssl_certfile and ssl_keyfile go together');
  if (cert !== undefined && key !== undefined && !isPair(cert, key))
    throw new Error('ssl_keyfile is not the key of the certificate in ssl_certfile');
  if (url.protocol !== 'rediss:') return { url: url.href, socket: {} };
  return { url: url.href, socket: { tls: true, ...(ca && { ca }), ...(cert && key && { cert, key }) } };
}
