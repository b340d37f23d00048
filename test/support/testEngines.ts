import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { locateJava, locateTimeSkippingServer } from '../../deploy/local/engines/engine.ts';
import { startEngines, type Engines } from '../../deploy/local/engines/startEngines.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { applyAtStart } from '../../domain/features/registry/apply.ts';
import { readConfig } from '../../platform/config.ts';
import { runMigrations } from '../../platform/migrate.ts';
import { createPool, POOL_WAITS } from '../../platform/postgres.ts';

declare global {
  // Jest hands nothing from its global set-up to its tear-down but the global object.
  var testEngines: Engines | undefined;
}

const TEMPLATE = 'test_template';

/** Starts Postgres, Kafka and Temporal for the whole run, on ports and in a folder of their own, and migrates the template of all test databases. */
export async function startTestEngines(): Promise<void> {
  const { cacheDir } = readConfig();
  const stateDir = await mkdtemp(path.join(tmpdir(), 'mlops engines '));
  const engines = await startEngines({ stateDir, cacheDir });
  globalThis.testEngines = engines;
  const { postgres, kafka, temporal } = engines.addresses;
  await createTemplate(postgres);
  Object.assign(process.env, {
    TEST_DATABASE_URL: postgres,
    TEST_TEMPLATE_DATABASE: TEMPLATE,
    TEST_KAFKA_BROKER: kafka,
    TEST_TEMPORAL_ADDRESS: temporal,
    TEST_TIME_SKIPPING_SERVER: await writeTimeSkippingServer(stateDir, cacheDir),
  });
}

/** A program of its own, since what a test sets in its environment does not reach what the SDK starts. It lives for seconds: starting soon matters more than running fast. */
async function writeTimeSkippingServer(folder: string, cacheDir: string): Promise<string> {
  const file = path.join(folder, 'time-skipping-server');
  const java = `"${locateJava(cacheDir)}" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m`;
  const script = `#!/bin/sh\nexec ${java} -cp "${locateTimeSkippingServer(cacheDir)}/*" io.temporal.testserver.TestServer "$@"\n`;
  await writeFile(file, script, { mode: 0o755 });
  return file;
}

async function createTemplate(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${TEMPLATE}`);
  } finally {
    await client.end();
  }
  const template = new URL(url);
  template.pathname = `/${TEMPLATE}`;
  await runMigrations(template.href);
  const pool = createPool({ url: template.href, poolSize: 1, log: pino({ level: 'silent' }), waits: POOL_WAITS.step });
  try {
    await applyAtStart(pool, DEFINITIONS);
  } finally {
    await pool.end();
  }
}

/** Ends them and removes their folder. */
export async function stopTestEngines(): Promise<void> {
  await globalThis.testEngines?.remove();
}
