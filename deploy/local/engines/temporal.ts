import { SEARCH_ATTRIBUTES } from '../../../contracts/aboutRun.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';
import { checkTemporal, createTemporalClient } from '../../../platform/temporal/client.ts';
import { startChild } from '../supervision/child.ts';
import { asEngine, locateTemporal, type Engine } from './engine.ts';

export interface TemporalOptions {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly port: number;
  /** No web page where it is missing */
  readonly uiPort?: number | undefined;
  /** No metrics where it is missing */
  readonly metricsPort?: number | undefined;
  readonly namespace?: string | undefined;
  readonly logFile: string;
}

/** The dev server looks for work every 50 ms; with these a chain of four activities takes 70 ms instead of 450. */
const DYNAMIC_CONFIG = {
  'system.enableActivityEagerExecution': true,
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 200,
};
/** Survives a kill of the process; a power cut may cost the last commits, never the file. */
const SQLITE = { journal_mode: 'wal', synchronous: '1' };

/** Starts Temporal on loopback, with what it knows in one SQLite file. */
export async function startTemporal({
  dataDir,
  cacheDir,
  port,
  uiPort,
  metricsPort,
  namespace = 'default',
  logFile,
}: TemporalOptions): Promise<Engine> {
  await makeFolder(dataDir);
  const flags = (flag: string, values: object) => Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const child = await startChild({
    command: locateTemporal(cacheDir),
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace, '--log-level', 'warn'],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ...(metricsPort === undefined ? [] : ['--metrics-port', String(metricsPort)]),
      ...['--db-filename', 'temporal.db'],
      ...flags('--search-attribute', { [SEARCH_ATTRIBUTES.subject]: 'KeywordList', [SEARCH_ATTRIBUTES.startedBy]: 'Keyword' }),
      ...flags('--sqlite-pragma', SQLITE),
      ...flags('--dynamic-config-value', DYNAMIC_CONFIG),
    ],
    cwd: dataDir,
    logFile,
  });
  const address = `127.0.0.1:${port}`;
  return asEngine(child, { name: 'temporal', address }, () => check(address, namespace));
}

async function check(address: string, namespace: string): Promise<void> {
  const client = createTemporalClient({ address, namespace });
  try {
    await checkTemporal(client);
  } finally {
    await client.connection.close();
  }
}
