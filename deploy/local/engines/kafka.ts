import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { createKafka } from '../../../platform/kafka/kafka.ts';
import { logTail, startChild } from '../supervision/child.ts';
import { useClassArchive } from './classArchive.ts';
import { asEngine, locateJava, locateKafka, type Engine } from './engine.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';

export interface KafkaOptions {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly logFile: string;
  /** Beside ours, or instead of them; for tests */
  readonly properties?: Readonly<Record<string, string>>;
  /** As `StorageTool format --add-scram` takes them; for tests */
  readonly scramUsers?: readonly string[];
}

const LOGGING = pathToFileURL(path.join(PROJECT_ROOT, 'deploy', 'local', 'engines', 'kafka-log4j2.properties')).href;
/** A small heap, and one quick compiler: on a machine that runs all else too, a start in seconds is worth more than the last of the throughput. */
const JVM = [
  '-Xms96m',
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:+ExitOnOutOfMemoryError',
  `-Dlog4j2.configurationFile=${LOGGING}`,
];
/** Java reads the names of files, its own jars' too, in the encoding of the locale, which is ASCII where none is set. */
const UTF_8 = { LC_ALL: 'C.UTF-8' };
/** The first end also writes the class archive. */
export const KAFKA_ENDING = { stopTimeoutMs: 30_000 } as const;

/** One broker that is its own controller. `log.dirs` is a comma separated list, so it is given relative to the folder we start in. */
const propertiesOf = ({ port, controllerPort, properties }: KafkaOptions) => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'log.dirs': 'log',
  'auto.create.topics.enable': false,
  'num.partitions': 1,
  'default.replication.factor': 1,
  'min.insync.replicas': 1,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'share.coordinator.state.topic.num.partitions': 1,
  'group.initial.rebalance.delay.ms': 0,
  'broker.session.timeout.ms': 3000,
  'broker.heartbeat.interval.ms': 1000,
  'log.cleaner.dedupe.buffer.size': 4_194_304,
  ...properties,
});

/** Starts a Kafka broker on loopback; formats its storage on the first start. */
export async function startKafka(options: KafkaOptions): Promise<Engine> {
  const { dataDir, cacheDir, port, logFile, scramUsers = [] } = options;
  const jars = locateKafka(cacheDir);
  const program = locateJava(cacheDir);
  const java = (...args: string[]) =>
    startChild({
      command: program,
      env: { ...process.env, ...UTF_8 },
      args: [...JVM, '-cp', path.join(jars, '*'), ...args],
      cwd: dataDir,
      logFile,
      ...KAFKA_ENDING,
    });
  await makeFolder(dataDir);
  const lines = Object.entries(propertiesOf(options)).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path.join(dataDir, 'server.properties'), lines.join(''));
  if (!existsSync(path.join(dataDir, 'log', 'meta.properties'))) {
    const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
    // One argument: an id may begin with a dash.
    const format = await java(
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      `--cluster-id=${clusterId}`,
      '-c',
      'server.properties',
      ...scramUsers.flatMap((user) => ['--add-scram', user]),
    );
    const ending = await format.ended;
    if (ending !== 'code 0') throw new Error(`the storage of Kafka cannot be formatted (${ending}):\n${logTail(logFile)}`);
  }
  const archive = useClassArchive({ program, jars, dataDir, cacheDir });
  const child = await java(...archive.options, 'kafka.Kafka', 'server.properties');
  archive.keepFrom(child);
  const address = `127.0.0.1:${port}`;
  const client = createKafka({ brokers: [address], topicPrefix: '', clientId: 'start', log: pino({ level: 'silent' }) });
  return asEngine(child, { name: 'kafka', address }, () => client.check());
}
