import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';
import { commaSeparated } from '../commaSeparated.ts';
import { fileText } from './files.ts';
import { readCertificates, readKey, wrongPair } from './pem.ts';

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

const BROKER = /^[^\s/@]+:\d{1,5}$/;

export const KAFKA_VARIABLES = {
  KAFKA_BROKERS: commaSeparated
    .refine((brokers) => brokers.every((broker) => BROKER.test(broker)), 'each is a host and a port, such as kafka:9092')
    .describe('Brokers to use, comma separated; the embedded one is not started'),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .max(50)
    .regex(/^[\w.-]*$/, 'letters, digits, . _ and - are what a topic may have')
    .default('')
    .describe('Put before every topic and consumer group'),
  KAFKA_TLS: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether the brokers are reached by TLS; any KAFKA_TLS_… path means it too'),
  KAFKA_TLS_CA_CERT_PATH: fileText(readCertificates, "PEM file of the authorities that sign the brokers' certificates [the usual ones]"),
  KAFKA_TLS_CLIENT_CERT_PATH: fileText(readCertificates, 'PEM file of our certificate, where the brokers ask for one'),
  KAFKA_TLS_CLIENT_KEY_PATH: fileText(readKey, 'PEM file of its key'),
  KAFKA_SASL_MECHANISM: z
    .string()
    .toUpperCase()
    .pipe(z.enum(MECHANISMS))
    .transform((name) => name.toLowerCase() as KafkaSasl['mechanism'])
    .optional()
    .describe('How the brokers are told who we are: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User of the brokers'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Password of KAFKA_SASL_USERNAME'),
};
type KafkaEnvironment = z.infer<z.ZodObject<typeof KAFKA_VARIABLES>>;

export interface KafkaSasl {
  readonly mechanism: Lowercase<(typeof MECHANISMS)[number]>;
  readonly username: string;
  readonly password: string;
}

/** How one comes to the brokers. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  /** No TLS where it is missing */
  readonly ssl?: ConnectionOptions | undefined;
  readonly sasl?: KafkaSasl | undefined;
}

/** What is wrong between variables that are right each for itself, by name. */
export function checkKafka(env: KafkaEnvironment): { name: string; message: string }[] {
  const { KAFKA_SASL_MECHANISM: mechanism } = env;
  const missing = (['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const).filter((name) => env[name] === undefined);
  return [
    ...(mechanism === undefined ? [] : missing.map((name) => ({ name, message: `missing, though KAFKA_SASL_MECHANISM is ${mechanism}` }))),
    ...(mechanism === undefined && missing.length < 2
      ? [{ name: 'KAFKA_SASL_MECHANISM', message: 'missing, though there is a user or a password' }]
      : []),
    ...wrongPair(env, ['KAFKA_TLS_CLIENT_CERT_PATH', 'KAFKA_TLS_CLIENT_KEY_PATH'], (text) => text),
  ];
}

/** @param embedded address of the broker that is started where the environment names none */
export function readKafka(env: KafkaEnvironment, embedded: string) {
  const external = env.KAFKA_BROKERS.length > 0;
  return {
    brokers: external ? env.KAFKA_BROKERS : [embedded],
    topicPrefix: env.KAFKA_TOPIC_PREFIX,
    external,
    ...(external && { ssl: sslOf(env), sasl: saslOf(env) }),
  };
}

function sslOf(env: KafkaEnvironment): ConnectionOptions | undefined {
  const { KAFKA_TLS_CA_CERT_PATH: ca, KAFKA_TLS_CLIENT_CERT_PATH: cert, KAFKA_TLS_CLIENT_KEY_PATH: key } = env;
  if (env.KAFKA_TLS === 'false' && !ca && !cert) return undefined;
  return { ...(ca && { ca }), ...(cert && key && { cert, key }) };
}

function saslOf({ KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD }: KafkaEnvironment): KafkaSasl | undefined {
  if (!KAFKA_SASL_MECHANISM) return undefined;
  return { mechanism: KAFKA_SASL_MECHANISM, username: KAFKA_SASL_USERNAME ?? '', password: KAFKA_SASL_PASSWORD ?? '' };
}
