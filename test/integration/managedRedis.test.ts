import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../platform/config.ts';
import { createRedis } from '../../platform/redis.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { silentLog } from '../support/database.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { describeWithRedis } from '../support/optionalPrograms.ts';
import { lookAtRedis } from '../../deploy/local/stack/reach/redis.ts';

let certificates: Certificates;
let port: number;
const USER = 'mlops';
/** As docs/managed-engines.md says it. */
const RIGHTS = '~features:* +ping +get +mget +set +incr +del +hget +hset +eval +evalsha'.split(' ');
const PASSWORD = 'a p@ss/word:1';

beforeAll(async () => {
  certificates = await makeCertificates();
  [port = 0] = await freePorts(1);
});
afterAll(() => certificates?.remove());

const optionsOfRedis = () => {
  const { server, authority } = certificates;
  return [
    ...['--tls-port', String(port), '--tls-cert-file', server.cert, '--tls-key-file', server.key, '--tls-ca-cert-file', authority],
    ...['--user', USER, 'on', `>${PASSWORD}`, ...RIGHTS, '--user', 'reader', 'on', `>${PASSWORD}`, '~*', '+ping', '+get'],
  ];
};

interface Way {
  readonly host?: string;
  readonly user?: string;
  readonly password?: string;
  readonly ca?: string | null;
  readonly client?: { cert: string; key: string } | null;
}

/** The configuration of somebody who comes in right, but for what is given. */
function configOf({
  host = 'localhost',
  user = USER,
  password = PASSWORD,
  ca = certificates.authority,
  client = certificates.client,
}: Way = {}) {
  const url = new URL(`rediss://${host}:${port}`);
  if (ca) url.searchParams.set('ssl_ca_certs', ca);
  if (client) {
    url.searchParams.set('ssl_certfile', client.cert);
    url.searchParams.set('ssl_keyfile', client.key);
  }
  return readConfig({ REDIS_URL: url.href, REDIS_USERNAME: user, REDIS_PASSWORD: password });
}

describeWithRedis(
  'a Redis of others',
  () => {
    test('the online store is reached by TLS, with a client certificate, as an ACL user', async () => {
      const client = createRedis({ url: configOf().redisUrl!, log: silentLog });
      try {
        expect(await client.check()).toBe('answers PONG');
        expect(await client.get('features:nothing')).toBeNull();
      } finally {
        await client.close();
      }
      expect(await lookAtRedis(configOf())).toBe(`localhost:${port} by TLS as the user ${USER}, who may read and write`);
    });

    test.each<[string, () => Way, RegExp]>([
      [
        'a wrong password',
        () => ({ password: 'wrong' }),
        /refused the user mlops \(WRONGPASS.*check REDIS_URL, REDIS_USERNAME and REDIS_PASSWORD/,
      ],
      ['an unknown authority', () => ({ ca: certificates.stranger }), /certificate is of no authority that is trusted.*ssl_ca_certs/],
      ['a name that the certificate is not for', () => ({ host: '127.0.0.1' }), /certificate is for another host.*REDIS_URL/],
      ['no client certificate', () => ({ client: null }), /wants.* client certificate.*ssl_certfile/],
      ['a user who may not write', () => ({ user: 'reader' }), /the user reader may not .*(mget|evalsha|set).*ACL/],
    ])('with %s the doctor says what to change', async (_, way, message) => {
      await expect(lookAtRedis(configOf(way()))).rejects.toThrow(message);
    });
  },
  optionsOfRedis,
);
