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

/** @returns what was reached, as whom, and what is there. @throws Error that says what is missing and which variable to check */
export async function lookAtKafka({ kafka: settings }: Pick<Config, 'kafka'>): Promise<string> {
  const { brokers, ssl, sasl, topicPrefix } = settings;
  const kafka = createKafka({ ...settings, clientId: 'doctor', log: pino({ level: 'silent' }) });
  const who = sasl ? ` as the user ${sasl.username}` : ssl?.cert ? ' by its certificate' : '';
  const { answering, names, mayCreate } = await look(kafka).catch((error: unknown) => {
    throw new Error(describe(error, { where: brokers.join(), user: sasl?.username, group: `${topicPrefix}${GROUP}` }), { cause: error });
  });
  if (!mayCreate) throw new Error(lackOfTopics(names));
  const topics = names.length === 0 ? 'every topic is there' : `the topics ${names.join(', ')} are to be created, which it may`;
  return `${answering} at ${brokers.join()}${ssl ? ' by TLS' : ''}${who}; ${topics}`;
}

async function look(kafka: Kafka) {
  const answering = await kafka.check();
  const missing = await kafka.missingTopics(EXPECTED);
  const consumed = missing.names.length > 0 ? [] : Object.entries(TOPICS).filter(([, topic]) => topic.consumed);
  for (const [name] of consumed) await kafka.lag(GROUP, name);
  return { answering, ...missing };
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
