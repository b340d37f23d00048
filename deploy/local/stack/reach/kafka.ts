import { pino } from 'pino';
import { deadLetterTopic, TOPICS } from '../../../../contracts/events.ts';
import type { Config } from '../../../../platform/config.ts';
import { createKafka, isForbidden, lackOfTopics, type Kafka } from '../../../../platform/kafka/kafka.ts';
import { describeConnectFault, wordsOf } from './faults.ts';

const KNOBS = {
  address: 'KAFKA_BROKERS',
  authority: 'KAFKA_TLS_CA_CERT_PATH',
  certificate: 'KAFKA_TLS_CLIENT_CERT_PATH and KAFKA_TLS_CLIENT_KEY_PATH',
  tls: 'KAFKA_TLS',
};
const GROUP = 'ingest';
const EXPECTED = Object.entries(TOPICS).flatMap(([name, { partitions, consumed }]) =>
  [name, ...(consumed ? [deadLetterTopic(name)] : [])].map((topic) => ({ name: topic, partitions })),
);

/** @returns what was reached, as whom, and with which rights. @throws Error that says what is missing and which variable to check */
export async function lookAtKafka({ kafka: settings }: Pick<Config, 'kafka'>): Promise<string> {
  const { brokers, ssl, sasl, topicPrefix } = settings;
  const kafka = createKafka({ ...settings, clientId: 'doctor', log: pino({ level: 'silent' }) });
  const where = brokers.join();
  const who = sasl ? ` as the user ${sasl.username}` : ssl?.cert ? ' by its certificate' : '';
  const { answering, names, mayCreate, rights } = await look(kafka, topicPrefix).catch((error: unknown) => {
    throw new Error(describe(error, { where, user: sasl?.username, group: `${topicPrefix}${GROUP}` }), { cause: error });
  });
  if (!mayCreate) throw new Error(lackOfTopics(names));
  const lacks = lacksOf(rights, topicPrefix);
  if (lacks.length > 0) throw new Error(`Kafka ${where}: ${describeLacks(lacks, settings)}`);
  const isTold = [rights.group, ...rights.topics.values()].every((each) => each !== undefined);
  const may = isTold ? 'may read and write what it has to' : 'the broker does not tell whether it may read and write';
  const topics = names.length === 0 ? 'every topic is there' : `the topics ${names.join(', ')} are to be created, which it may`;
  return `${answering} at ${where}${ssl ? ' by TLS' : ''}${who}; ${may}; ${topics}`;
}

async function look(kafka: Kafka, topicPrefix: string) {
  const answering = await kafka.check();
  const missing = await kafka.missingTopics(EXPECTED);
  const there = EXPECTED.map(({ name }) => name).filter((name) => !missing.names.includes(`${topicPrefix}${name}`));
  const rights = missing.mayCreate ? await kafka.rights(there, GROUP) : { topics: new Map<string, undefined>(), group: undefined };
  return { answering, ...missing, rights };
}

type RightsOfAll = Awaited<ReturnType<Kafka['rights']>>;

/** Each topic is written to, those which are consumed are read too, by the group. */
function lacksOf({ topics, group }: RightsOfAll, topicPrefix: string): string[] {
  const consumed = Object.entries(TOPICS).flatMap(([name, topic]) => (topic.consumed ? [`${topicPrefix}${name}`] : []));
  const unwritable = [...topics].filter(([, rights]) => rights?.mayWrite === false).map(([name]) => name);
  const unreadable = consumed.filter((name) => topics.get(name)?.mayRead === false);
  return [
    ...(unwritable.length > 0 ? [`write to ${unwritable.join(', ')}`] : []),
    ...(unreadable.length > 0 ? [`read ${unreadable.join(', ')}`] : []),
    ...(group?.mayRead === false ? [`join the group ${topicPrefix}${GROUP} (READ on it)`] : []),
  ];
}

function describeLacks(lacks: readonly string[], { ssl, sasl }: Config['kafka']): string {
  const [who, variable] = sasl
    ? [`the user ${sasl.username}`, 'KAFKA_SASL_USERNAME']
    : ssl?.cert
      ? ['whom the certificate is of', 'KAFKA_TLS_CLIENT_CERT_PATH']
      : ['a client without a name', 'KAFKA_SASL_USERNAME'];
  return `${who} (${variable}) may not ${lacks.join(', nor ')}: grant it, or name another one in ${variable}`;
}

function describe(error: unknown, { where, user, group }: { where: string; user: string | undefined; group: string }): string {
  const words = wordsOf(error);
  const who = `Kafka ${where}`;
  if (/SASL|[Aa]uthentication failed/.test(words))
    return `${who} refused the user ${user ?? '(none)'} (${words}): check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`;
  // kafkajs says no more than this of a group that it may not look at.
  if (isForbidden(error) || /group coordinator/.test(words))
    return `${who}: ${user ?? 'we'} may not use the group ${group}, or its topics (${words}): grant it, or check KAFKA_TOPIC_PREFIX`;
  return describeConnectFault(who, error, KNOBS) ?? `${who} cannot be used: ${words}`;
}
