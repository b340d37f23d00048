import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { locatePython } from '../../deploy/local/engines/engine.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { finishRun, logMetrics, startRegistryRun } from '../../domain/registry/runs.ts';
import { createModelVersion, holdModel } from '../../domain/registry/versions.ts';
import { PROJECT_ROOT, readConfig } from '../../platform/config.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
let blobs: string;
beforeEach(async () => {
  database = await createTestDatabase();
  blobs = await mkdtemp(path.join(tmpdir(), 'mlflow blobs '));
  const webhooks = { allowedHosts: ['127.0.0.1'], allowsHttp: true, secretKey: undefined }; // the receiver is the client itself
  const engines = { database: { url: database.url, poolSize: 4, external: true }, blobUrl: `file:${blobs}` };
  api = await startTestApi({ ...engines, webhooks }, createMlflowApi);
});
afterEach(async () => {
  await api?.stop();
  await database?.drop();
  await rm(blobs, { recursive: true, force: true });
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

/** @returns what a program prints that MLflow's own client is installed for */
async function runPython(...args: string[]): Promise<string> {
  const python = locatePython(readConfig().cacheDir, 'mlflow-skinny');
  const env = { ...process.env, NO_PROXY: '127.0.0.1', MLFLOW_TRACKING_URI: api.url };
  const { stdout } = await promisify(execFile)(python, args, { env });
  return stdout;
}

test("MLflow's own client gets what MLflow 3.17.2's own server answered it: experiments, runs, metrics, searches, logged models, webhooks and what is refused", async () => {
  const stdout = await runPython(path.join(import.meta.dirname, 'drive_mlflow.py'), api.url);
  const recorded = JSON.parse(await readFile(path.join(import.meta.dirname, 'mlflow_outcomes.json'), 'utf8')) as object;
  expect(JSON.parse(stdout)).toEqual({ ...recorded, ...OTHERWISE });
});

/** Registers a version of `movie_predictor` as a training does. */
const register = (metrics: Readonly<Record<string, number>>) =>
  withTransaction(database.pool, async (db) => {
    const experimentId = await ensureExperiment(db, 'movie_recommendation');
    await holdModel(db, 'movie_predictor');
    const run = await startRegistryRun(db, { experimentId, name: 'training/a1', userId: 'training-pipeline', origin: null });
    const points = Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, recordedAt: new Date(0) }));
    await logMetrics(db, run, points);
    await finishRun(db, run, 'FINISHED');
    return createModelVersion(db, { name: 'movie_predictor', source: 'blob:trained/x', registryRunId: run, origin: null, tags: {} });
  });

test("docs/registry.md's lines in place of the guide's wrapper list the models, and compare the versions that trainings registered", async () => {
  await register({ rmse: 0.9, mae: 0.7 });
  await register({ rmse: 0.8, mae: 0.6, accuracy: 0.5 });
  await setAlias(database.pool, { name: 'movie_predictor', alias: 'champion', version: '2' });
  const page = await readFile(path.join(PROJECT_ROOT, 'docs', 'registry.md'), 'utf8');
  const [, lines = ''] = /^### The guide's Python lines$.*?^```python$(.*?)^```$/ms.exec(page) ?? [];
  expect(lines).toContain('http://localhost:5000');
  expect(await runPython('-c', lines.replace('http://localhost:5000', api.url))).toBe(
    "movie_predictor ['2'] {'champion': '2'}\n1 0.9 0.7 None\n2 0.8 0.6 0.5\n",
  );
});

test("docs/registry.md's first lines print the run that they logged", async () => {
  const page = await readFile(path.join(PROJECT_ROOT, 'docs', 'registry.md'), 'utf8');
  const [, lines = ''] = /^## MLflow's clients$.*?^```python$(.*?)^```$/ms.exec(page) ?? [];
  expect(lines).toContain('set_experiment');
  expect(await runPython('-c', lines)).toMatch(/^\[<Run: data=<RunData: metrics=\{'ndcg': 0\.41\}/m);
});

/** Searches versions by the ids of this many runs. */
const SEARCH_BY_RUNS = `
import sys, uuid
from mlflow import MlflowClient
ids = ",".join(f"'{uuid.uuid4().hex}'" for _ in range(int(sys.argv[1])))
print(MlflowClient().search_model_versions(f"run_id IN ({ids})"))
`;

test('a filter of 1,000 ids of runs, which its client puts in the address, is read', async () => {
  expect(await runPython('-c', SEARCH_BY_RUNS, '1000')).toBe('[]\n');
});

test('its client is told in words where an address is too long, also while it is still sending', async () => {
  for (const ids of ['10000', '100000'])
    await expect(runPython('-c', SEARCH_BY_RUNS, ids)).rejects.toThrow(/'status': 431.*have 128 kB at most/);
});

/** Logs a file larger than a client sends whole, and prints the calls that it took; nothing but the size is set. */
const LOG_LARGE_FILE = `
import os, sys
import requests
from mlflow import MlflowClient
os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(6 << 20)
os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 << 20)
sent, send = [], requests.Session.send
def count(session, request, **options):
    sent.append(request.method + " " + "/".join(request.path_url.split("/")[4:6]))
    return send(session, request, **options)
requests.Session.send = count
with open(sys.argv[2] + "/large.bin", "wb") as file:
    file.write(bytes(13 << 20))
client = MlflowClient(sys.argv[1])
run = client.create_run("0").info.run_id
client.log_artifact(run, sys.argv[2] + "/large.bin")
print(client.list_artifacts(run)[0].file_size, sorted(set(call for call in sent if "mpu" in call)))
`;

test("MLflow's own client is told that large files may be sent in parts, and sends them so without being set to", async () => {
  const printed = await runPython('-c', LOG_LARGE_FILE, api.url, blobs);
  expect(printed).toBe(`${13 << 20} ['POST mpu/complete', 'POST mpu/create', 'PUT mpu/part']\n`);
  for (const prefix of ['/api/3.0/mlflow', '/ajax-api/3.0/mlflow']) {
    const { status, body } = await api.call('GET', `${prefix}/server-info`);
    expect([status, body]).toMatchObject([200, { multipart_uploads_enabled: true, multipart_downloads_enabled: false }]);
    const refused = await api.call('GET', `${prefix}/none`);
    expect([refused.status, refused.body]).toMatchObject([404, { error_code: 'ENDPOINT_NOT_FOUND' }]);
  }
});
