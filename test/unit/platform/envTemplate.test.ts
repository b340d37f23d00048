import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { envTemplate } from '../../../deploy/envTemplate.ts';
import { PROJECT_ROOT, readConfig, readVariables } from '../../../platform/config.ts';

const committed = readFileSync(path.join(PROJECT_ROOT, '.env.template'), 'utf8');
const folder = mkdtempSync(path.join(tmpdir(), 'mlops-env-'));
const names = [...committed.matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
// Who runs the tests may have set some for a stack of their own.
beforeAll(() => names.forEach((name) => delete process.env[name]));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a `.env` of this text makes of the configuration; this process has none of our variables of its own. */
function configOf(text: string) {
  const file = path.join(folder, '.env');
  writeFileSync(file, text);
  const { HOME } = process.env;
  const variables = readVariables(file);
  return readConfig({ HOME, ...Object.fromEntries(names.map((name) => [name, variables[name]])) });
}

test('.env.template is what `npm run env-template` writes', () => {
  expect(committed).toBe(envTemplate());
});

test('uncommented as it stands, it is the default configuration', () => {
  expect(configOf(committed.replace(/^#([A-Z_]+=)/gm, '$1'))).toEqual(configOf(''));
});

test('a value set in .env counts, and one of the process wins over it', () => {
  process.env['DATABASE_POOL_SIZE'] = '3';
  try {
    const { ports, database } = configOf('API_PORT=9123\nDATABASE_POOL_SIZE=77\n');
    expect({ api: ports.API_PORT, poolSize: database.poolSize }).toEqual({ api: 9123, poolSize: 3 });
  } finally {
    delete process.env['DATABASE_POOL_SIZE'];
  }
});

test('a variable of .env that nothing reads is named', () => {
  expect(() => configOf('API_PORT=9123\nKAFKA_BROKER=k:9092\n')).toThrow(
    /\.env sets KAFKA_BROKER, which nothing reads; \.env\.template has every variable/,
  );
});
