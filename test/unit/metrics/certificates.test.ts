import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { expiriesOf } from '../../../platform/connections/certificates.ts';
import { readConfig } from '../../../platform/config.ts';
import { makeCertificates, type Certificates } from '../../support/certificates.ts';

const DAY_MS = 86_400_000;
let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());

test('of each engine that is reached by TLS it is told until when our certificate and the authorities are valid', () => {
  const { authority, client } = certificates;
  const tls = `sslmode=verify-full&sslrootcert=${authority}&sslcert=${client.cert}&sslkey=${client.key}`;
  const config = readConfig({
    DATABASE_URL: `postgres://mlops@localhost:5432/mlops?${tls}`,
    KAFKA_BROKERS: 'localhost:9092',
    KAFKA_TLS_CA_CERT_PATH: authority,
    TEMPORAL_ADDRESS: 'localhost:7233',
    TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert,
    TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
    REDIS_URL: `rediss://localhost:6379?ssl_ca_certs=${authority}`,
  });
  const expiries = expiriesOf(config);
  expect(expiries.map(({ what }) => what)).toEqual([
    'postgres client',
    'postgres authorities',
    'kafka authorities',
    'temporal client',
    'redis authorities',
  ]);
  for (const { until } of expiries) expect(Math.abs(until.getTime() - Date.now() - 2 * DAY_MS)).toBeLessThan(DAY_MS / 24);
});

test('without TLS there is none', () => {
  expect(expiriesOf(readConfig({}))).toEqual([]);
});

test('what is no certificate at all is none to expire', () => {
  const kafka = { brokers: [], topicPrefix: '', external: true, ssl: { ca: readFileSync(certificates.client.key, 'utf8') } };
  expect(expiriesOf({ ...readConfig({}), kafka })).toEqual([]);
});
