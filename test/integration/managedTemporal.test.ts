import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { lookAtTemporal } from '../../deploy/local/stack/reach/temporal.ts';
import { readConfig } from '../../platform/config.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openManagedDoor, type ManagedDoor } from '../support/managedTemporal.ts';
import { startProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

const API_KEY = 'a-key-of-somebody';
let certificates: Certificates;
let database: TestDatabase;
let temporal: TestTemporal;
let folder: string;
/** One that asks for certificates, one that asks for a key. */
let mutual: ManagedDoor;
let keyed: ManagedDoor;
beforeAll(async () => {
  [certificates, database, temporal] = await Promise.all([makeCertificates(), createTestDatabase(), createTestTemporal()]);
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-managed-temporal-'));
  mutual = await openManagedDoor(temporal.address, certificates);
  keyed = await openManagedDoor(temporal.address, certificates, API_KEY);
});
afterAll(async () => {
  await Promise.all([mutual?.close(), keyed?.close(), temporal?.close(), database?.drop(), certificates?.remove()]);
  await rm(folder, { recursive: true, force: true });
});

type Way = Partial<Record<'ADDRESS' | 'NAMESPACE' | 'API_KEY' | 'TLS' | 'CA' | 'CERT' | 'KEY' | 'SERVER_NAME', string>>;

/** The variables of somebody who comes in right, but for what is given. */
const variables = (way: Way, { key }: { key: boolean }) => ({
  TEMPORAL_ADDRESS: way.ADDRESS ?? `localhost:${(key ? keyed : mutual).port}`,
  TEMPORAL_NAMESPACE: way.NAMESPACE ?? temporal.namespace,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: way.CA ?? certificates.authority,
  TEMPORAL_API_KEY: key ? (way.API_KEY ?? API_KEY) : '',
  TEMPORAL_TLS_CLIENT_CERT_PATH: key ? '' : (way.CERT ?? certificates.client.cert),
  TEMPORAL_TLS_CLIENT_KEY_PATH: key ? '' : (way.KEY ?? certificates.client.key),
  TEMPORAL_TLS_SERVER_NAME: way.SERVER_NAME ?? '',
  TEMPORAL_TLS: way.TLS ?? '',
});
const withCertificate = (way: Way = {}) => readConfig(variables(way, { key: false }));
const withKey = (way: Way = {}) => readConfig(variables(way, { key: true }));

test.each([
  ['a client certificate', false],
  ['an API key', true],
])('a worker that comes by TLS with %s polls, and makes its schedules without the rights of an operator', async (_, key) => {
  const [port = 0] = await freePorts(1);
  const worker = await startProcess('workers/control', port, {
    ...variables({}, { key }),
    DATABASE_URL: database.url,
    WORKER_CONTROL_METRICS_PORT: String(port),
    STATE_DIR: folder,
    DATA_DIR: folder,
    BLOB_URL: `file:${folder}`,
  });
  try {
    await waitFor('the schedules', async () => {
      const ids: string[] = [];
      for await (const { scheduleId } of temporal.client.schedule.list()) ids.push(scheduleId);
      return ids.length > 0;
    });
    expect(worker.output()).toContain('runs have no search attributes in Temporal');
  } finally {
    await worker.end();
  }
});

test('the doctor says what it reached, how, and which right is missing', async () => {
  const lacking = 'we may not look at its search attributes, and runs go without those that it lacks';
  expect(await lookAtTemporal(withCertificate())).toContain(
    `namespace ${temporal.namespace} at localhost:${mutual.port} by TLS with a client certificate; ${lacking}`,
  );
  expect(await lookAtTemporal(withKey())).toContain(`at localhost:${keyed.port} by TLS with an API key; ${lacking}`);
  const byName = withCertificate({ ADDRESS: `127.0.0.1:${mutual.port}`, SERVER_NAME: 'localhost' });
  expect(await lookAtTemporal(byName)).toContain('by TLS with a client certificate');
});

describe('the doctor says what to change where', () => {
  test.each<[string, () => ReturnType<typeof readConfig>, RegExp]>([
    ['the API key is wrong', () => withKey({ API_KEY: 'wrong' }), /refused us in the namespace .*: check TEMPORAL_API_KEY/],
    ['the namespace is not there', () => withKey({ NAMESPACE: 'nowhere' }), /has no namespace nowhere: check TEMPORAL_NAMESPACE/],
    [
      'the authority is another',
      () => withKey({ CA: certificates.stranger }),
      /of no authority that is trusted: check TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
    ],
    [
      'the certificate is for another host',
      () => withKey({ ADDRESS: `127.0.0.1:${keyed.port}` }),
      /for another host: check the host in TEMPORAL_ADDRESS, or TEMPORAL_TLS_SERVER_NAME/,
    ],
    ['no client certificate is shown', () => withCertificate({ CERT: '', KEY: '' }), /client certificate.*TEMPORAL_TLS_CLIENT_CERT_PATH/],
    [
      'the client certificate is of another authority',
      () => withCertificate({ CERT: certificates.forged.cert, KEY: certificates.forged.key }),
      /client certificate.*TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    ['there is no TLS', () => withKey({ TLS: 'false', CA: '' }), /wants TLS.*: check TEMPORAL_TLS, /],
    ['nobody answers', () => withKey({ ADDRESS: 'localhost:1' }), /nobody answers there: check TEMPORAL_ADDRESS/],
  ])('%s', async (_, config, message) => {
    await expect(lookAtTemporal(config())).rejects.toThrow(message);
  });
});
