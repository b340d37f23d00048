import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { locatePython } from '../../deploy/local/engines/engine.ts';
import { readConfig } from '../../platform/config.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } }, createMlflowApi);
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});

const invalid = (message: string) => ['INVALID_PARAMETER_VALUE', `INVALID_PARAMETER_VALUE: ${message}`];

/** Steps in which the answer is another one, and why it is. */
const OTHERWISE: Readonly<Record<string, unknown>> = {
  // MLflow fails with a 500 of its own, whose words were meant for a 400.
  'order twice': invalid("`order_by` contains duplicate fields: ['metrics.x', 'metrics.x DESC']"),
  // MLflow's words leave out how many there may be.
  'too many results': invalid("Invalid value 60000 for parameter 'max_results' supplied. It must be at most 50000"),
  // Python prints 1.0 for 1.
  'raw: before 1970': invalid(
    "Invalid value -1 for parameter 'timestamp' supplied: metric 'k' (value=1). Timestamp must be a nonnegative long (64-bit integer) ",
  ),
};

test("MLflow's own client gets what MLflow 3.17.2's own server answered it: experiments, runs, metrics, searches, logged models and what is refused", async () => {
  const python = locatePython(readConfig().cacheDir, 'mlflow-skinny');
  const script = path.join(import.meta.dirname, 'drive_mlflow.py');
  const { stdout } = await promisify(execFile)(python, [script, api.url], { env: { ...process.env, NO_PROXY: '127.0.0.1' } });
  const recorded = JSON.parse(await readFile(path.join(import.meta.dirname, 'mlflow_outcomes.json'), 'utf8')) as object;
  expect(JSON.parse(stdout)).toEqual({ ...recorded, ...OTHERWISE });
});
