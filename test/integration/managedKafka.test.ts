import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Engine } from '../../deploy/local/engines/engine.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { startKafka } from '../../deploy/local/engines/kafka.ts';
import { lookAtKafka } from '../../deploy/local/stack/reach/kafka.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { readConfig } from '../../platform/config.ts';
import { createKafka } from '../../platform/kafka/kafka.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { silentLog } from '../support/database.ts';
import { waitFor } from '../support/waitFor.ts';

let certificates: Certificates;
let folder: string;
let broker: Engine;
let ports: { sasl: number; mutual: number };
const PASSWORD = 'a p@ss/word:1';
const PREFIX = 'shop.';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-managed-kafka-'));
  certificates = await makeCertificates();
  const [port = 0, controllerPort = 0, sasl = 0, mutual = 0] = await freePorts(4);
  ports = { sasl, mutual };
  const { server, authority } = certificates;
  const keystore = path.join(folder, 'keystore.pem');
  await writeFile(keystore, `${await readFile(server.key, 'utf8')}${await readFile(server.cert, 'utf8')}`);
  broker = await startKafka({
    dataDir: path.join(folder, 'kafka'),
    cacheDir: readConfig().cacheDir,
    port,
    controllerPort,
    logFile: path.join(folder, 'kafka.log'),
    scramUsers: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => `${mechanism}=[name=app,password=${PASSWORD}]`),
    properties: {
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort},SASL_SSL://127.0.0.1:${sasl},SSL://127.0.0.1:${mutual}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SASL_SSL://localhost:${sasl},SSL://localhost:${mutual}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_app="${PASSWORD}" user_nobody="${PASSWORD}" user_maker="${PASSWORD}" user_reader="${PASSWORD}" user_writer="${PASSWORD}";`,
      ...Object.fromEntries(
        ['256', '512'].map((bits) => [
          `listener.name.sasl_ssl.scram-sha-${bits}.sasl.jaas.config`,
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        ]),
      ),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority,
      'listener.name.ssl.ssl.client.auth': 'required',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  });
  await broker.ready;
  await shareOut(`127.0.0.1:${port}`);
});
afterAll(async () => {
  await broker?.stop();
  await certificates?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** What others made before: the topics with their prefix, and the right to use them, and none to create any. */
async function shareOut(address: string) {
  await createKafka({ brokers: [address], topicPrefix: PREFIX, clientId: 'owner', log: silentLog }).ensureTopics(ALL_TOPICS);
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
  const admin = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const rule = (principal: string, resourceType: number, resourceName: string, operation: number) => ({
    ...{ principal, resourceType, resourceName, operation, host: '*' },
    ...{ permissionType: AclPermissionTypes.ALLOW, resourcePatternType: ResourcePatternTypes.PREFIXED },
  });
  const used = [AclOperationTypes.DESCRIBE, AclOperationTypes.READ, AclOperationTypes.WRITE];
  await admin.createAcls({
    acl: [
      ...['User:app', 'User:CN=mlops'].flatMap((principal) => [
        ...used.map((operation) => rule(principal, AclResourceTypes.TOPIC, PREFIX, operation)),
        rule(principal, AclResourceTypes.GROUP, PREFIX, AclOperationTypes.READ),
      ]),
      ...used.map((operation) => rule('User:nobody', AclResourceTypes.TOPIC, PREFIX, operation)),
      ...[...used, AclOperationTypes.CREATE].map((operation) => rule('User:maker', AclResourceTypes.TOPIC, 'own.', operation)),
      rule('User:maker', AclResourceTypes.GROUP, 'own.', AclOperationTypes.READ),
      rule('User:reader', AclResourceTypes.TOPIC, PREFIX, AclOperationTypes.READ),
      rule('User:reader', AclResourceTypes.GROUP, PREFIX, AclOperationTypes.READ),
      rule('User:writer', AclResourceTypes.TOPIC, PREFIX, AclOperationTypes.WRITE),
      rule('User:writer', AclResourceTypes.GROUP, PREFIX, AclOperationTypes.DESCRIBE),
    ],
  });
  await admin.disconnect();
  const app = createKafka({ ...configOf().kafka, clientId: 'test', log: silentLog });
  await waitFor('the rights to hold', () => app.ensureTopics(ALL_TOPICS).then(Boolean, () => false));
}

interface Way {
  readonly brokers?: string;
  readonly mechanism?: string;
  readonly user?: string;
  readonly password?: string;
  readonly prefix?: string;
  readonly ca?: string;
  readonly tls?: 'false';
}

/** The configuration of somebody who comes in right, but for what is given. */
const configOf = (way: Way = {}) =>
  readConfig({
    KAFKA_BROKERS: way.brokers ?? `localhost:${ports.sasl}`,
    KAFKA_TOPIC_PREFIX: way.prefix ?? PREFIX,
    KAFKA_TLS_CA_CERT_PATH: way.tls ? '' : (way.ca ?? certificates.authority),
    KAFKA_SASL_MECHANISM: way.mechanism ?? 'PLAIN',
    KAFKA_SASL_USERNAME: way.user ?? 'app',
    KAFKA_SASL_PASSWORD: way.password ?? PASSWORD,
  });

/** That of somebody who shows a certificate and names no user. */
const certified = (certificate: { cert: string; key: string } | undefined) =>
  readConfig({
    KAFKA_BROKERS: `localhost:${ports.mutual}`,
    KAFKA_TOPIC_PREFIX: PREFIX,
    KAFKA_TLS_CA_CERT_PATH: certificates.authority,
    KAFKA_TLS_CLIENT_CERT_PATH: certificate?.cert,
    KAFKA_TLS_CLIENT_KEY_PATH: certificate?.key,
  });

test.each<[string, () => ReturnType<typeof readConfig>]>([
  ['PLAIN', () => configOf()],
  ['SCRAM-SHA-256', () => configOf({ mechanism: 'SCRAM-SHA-256' })],
  ['SCRAM-SHA-512', () => configOf({ mechanism: 'scram-sha-512' })],
  ['a client certificate', () => certified(certificates.client)],
])('by TLS and %s messages go to topics that others made, and come back', async (name, config) => {
  const kafka = createKafka({ ...config().kafka, clientId: 'test', log: silentLog });
  const seen: (string | undefined)[] = [];
  expect(await kafka.ensureTopics(ALL_TOPICS)).toEqual([]);
  const producer = kafka.createProducer();
  const consumer = kafka.createConsumer({
    groupId: `of ${name}`,
    topics: ['user-events'],
    onBatch: async ({ topic, messages }) => void seen.push(...messages.map(({ value }) => `${topic} ${value?.toString()}`)),
  });
  try {
    await producer.send('user-events', [{ key: 'k', value: name, headers: {} }]);
    await waitFor('the message', async () => seen.includes(`user-events ${name}`));
  } finally {
    await Promise.all([producer.close(), consumer.close()]);
  }
  expect(await kafka.lag(`of ${name}`, 'user-events')).toBe(0);
});

test('the doctor says what it reached and as whom', async () => {
  expect(await lookAtKafka(configOf())).toBe(
    `1 broker at localhost:${ports.sasl} by TLS as the user app; may read and write what it has to; every topic is there`,
  );
  expect(await lookAtKafka(certified(certificates.client))).toBe(
    `1 broker at localhost:${ports.mutual} by TLS by its certificate; may read and write what it has to; every topic is there`,
  );
  expect(await lookAtKafka(configOf({ user: 'maker', prefix: 'own.' }))).toMatch(
    /as the user maker; may read and write what it has to; the topics own\.\S+, .*are to be created, which it may$/,
  );
});

test('the doctor sends no message', async () => {
  const kafka = createKafka({ ...configOf().kafka, clientId: 'test', log: silentLog });
  const ends = () => Promise.all(ALL_TOPICS.map(({ name }) => kafka.lag('of nobody', name)));
  const before = await ends();
  await lookAtKafka(configOf());
  expect(await ends()).toEqual(before);
});

test('topics are created by a user who may', async () => {
  const kafka = createKafka({ ...configOf({ user: 'maker', prefix: 'own.' }).kafka, clientId: 'test', log: silentLog });
  const topics = ALL_TOPICS.slice(0, 1);
  expect(await kafka.ensureTopics(topics)).toEqual([topics[0]!.name]);
});

test('missing topics that we may not create are named, with their prefix', async () => {
  const kafka = createKafka({ ...configOf({ prefix: 'other.' }).kafka, clientId: 'test', log: silentLog });
  await expect(kafka.ensureTopics(ALL_TOPICS)).rejects.toThrow(
    /^Kafka lacks the topics .*other\.user-events, .*, and we may not create topics: have them made, or set KAFKA_TOPIC_PREFIX/,
  );
});

describe('the doctor says what to change where', () => {
  test.each<[string, () => ReturnType<typeof readConfig>, RegExp]>([
    [
      'the password is wrong',
      () => configOf({ password: 'wrong' }),
      /refused the user app \(.*check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD/,
    ],
    [
      'the password is wrong, by SCRAM',
      () => configOf({ password: 'wrong', mechanism: 'SCRAM-SHA-512' }),
      /refused the user app .*KAFKA_SASL_PASSWORD/,
    ],
    [
      'the authority is another',
      () => configOf({ ca: certificates.stranger }),
      /of no authority that is trusted: check KAFKA_TLS_CA_CERT_PATH/,
    ],
    [
      'the certificate is for another host',
      () => configOf({ brokers: `127.0.0.1:${ports.sasl}` }),
      /for another host: check the host in KAFKA_BROKERS/,
    ],
    ['there is no TLS', () => configOf({ tls: 'false' }), /check KAFKA_TLS/],
    ['no client certificate is shown', () => certified(undefined), /client certificate.*KAFKA_TLS_CLIENT_CERT_PATH/],
    [
      'the client certificate is of another authority',
      () => certified(certificates.forged),
      /client certificate.*KAFKA_TLS_CLIENT_CERT_PATH/,
    ],
    ['topics are missing', () => configOf({ prefix: 'other.' }), /lacks the topics .*other\.user-events, .*may not create topics/],
    [
      'the user may not write',
      () => configOf({ user: 'reader' }),
      /the user reader \(KAFKA_SASL_USERNAME\) may not write to shop\.movie-recommendations, shop\.user-events, shop\.user-events-dlt, .*shop\.system-health, shop\.system-health-dlt: grant it, or name another one in KAFKA_SASL_USERNAME$/,
    ],
    [
      'the user may not read',
      () => configOf({ user: 'writer' }),
      /the user writer .* may not read shop\.user-events, shop\.model-drift-alerts, shop\.system-health, nor join the group shop\.ingest \(READ on it\): grant it/,
    ],
    ['the group is not ours', () => configOf({ user: 'nobody' }), /nobody may not use the group shop\.ingest.*KAFKA_TOPIC_PREFIX/],
  ])('%s', async (_, config, message) => {
    await expect(lookAtKafka(config())).rejects.toThrow(message);
  });
});
