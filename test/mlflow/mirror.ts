import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { modelSpecSchema } from '../../contracts/models.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { readMirror } from '../../domain/mirror/marks.ts';
import { removeAlias, setAlias } from '../../domain/registry/aliases.ts';
import { moveClientRun } from '../../domain/registry/clientRuns.ts';
import { registerTrainedModel } from '../../domain/registry/register.ts';
import { deleteModel, describeModel } from '../../domain/registry/registeredModels.ts';
import { deleteVersion } from '../../domain/registry/versionChanges.ts';
import { transitionStage } from '../../domain/registry/versions.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { readConfig } from '../../platform/config.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { mirrorToServer } from '../../workers/control/mirror.ts';
import { silentLog, type TestDatabase } from '../support/database.ts';
import { runPython } from '../support/namedCommand.ts';
import { waitFor } from '../support/waitFor.ts';
import { startRegistry } from './startRegistry.ts';

const DIGEST = 'a'.repeat(64);
const MODEL = '{"popular": [1, 2, 3]}';
const VERSIONS = 4;

/**
 * Versions of ours on MLflow's own server, which is killed in the middle and started again: nothing twice, nothing missing, its client fetches the
 * champion's files from us, and where they were copied from the server itself, and what was changed and deleted meanwhile is so there.
 * @returns what is wrong; undefined where nothing is
 */
export async function checkMirror(python: string, folder: string): Promise<string | undefined> {
  const ours = await startRegistry(folder);
  const { database } = ours;
  const blobs = createBlobStore(ours.blobUrl);
  await blobs.put(`trained/popularity/${DIGEST}/model.json`, Buffer.from(MODEL));
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  let server = await startServer(python, folder, port);
  const mirrorWith = (filesMb: string) => {
    const closing: (() => Promise<unknown>)[] = [];
    const onShutdown = (_step: string, close: () => Promise<unknown>) => void closing.push(close);
    const sources = `${ours.url}/ajax-api/2.0/mlflow-artifacts/artifacts`;
    const settings = { MLFLOW_MIRROR_URI: url, MLFLOW_MIRROR_SOURCES: sources, MLFLOW_MIRROR_FILES_MB: filesMb };
    const config = readConfig({ DATABASE_URL: database.url, ...settings });
    mirrorToServer({ config, log: silentLog, metrics: createMetrics('worker-control'), onShutdown }, { pool: database.pool, blobs });
    return () => Promise.all(closing.map((close) => close()));
  };
  let stopMirror = mirrorWith('0');
  try {
    await register(database, 1);
    await waitFor('the first version on the server', async () => {
      const now = await readMirror(database.pool, url);
      if (now.refused.length > 0) throw new Error(now.refused.join('; '));
      return now.reached_at !== null && now.behind.versions === 0;
    });
    const unfetched = await fetchChampion(python, url, path.join(folder, 'from us'));
    if (unfetched !== undefined) return unfetched;
    await stopMirror();
    stopMirror = mirrorWith('1');
    await Promise.all([2, 3].map((run) => register(database, run)));
    await waitFor('the server to be in the middle', async () => (await readMirror(database.pool, url)).behind.runs < 2, { everyMs: 1 });
    await end(server, 'SIGKILL');
    await register(database, VERSIONS);
    await waitFor('it to be missed', async () => (await readMirror(database.pool, url)).failure);
    server = await startServer(python, folder, port);
    const caughtUp = () =>
      waitFor('it to be caught up', async () => {
        const { behind, refused } = await readMirror(database.pool, url);
        if (refused.length > 0) throw new Error(refused.join('; '));
        return behind.runs + behind.models + behind.versions === 0;
      });
    await caughtUp();
    const wrong = (await compare(url, database)) ?? (await fetchChampion(python, url, path.join(folder, 'from the server')));
    if (wrong !== undefined) return wrong;
    await end(server, 'SIGKILL');
    await changeAll(database);
    server = await startServer(python, folder, port);
    await caughtUp();
    const changed = await compareChanged(url);
    await withTransaction(database.pool, async (db) => {
      await removeAlias(db, 'popularity', 'champion');
      await deleteModel(db, 'popularity');
    });
    await caughtUp();
    const { registered_models: left = [] } = await askServer(url, '/registered-models/search');
    return changed ?? (left.length === 0 ? undefined : 'the mirror has a model that was deleted');
  } finally {
    await stopMirror();
    await end(server, 'SIGTERM');
    await ours.stop();
  }
}

const register = (database: TestDatabase, run: number) =>
  registerTrainedModel(database, {
    origin: `training/m${run}/popularity`,
    experiment: 'mirrored',
    spec: modelSpecSchema.parse({ kind: 'popularity' }),
    model: {
      ...{
        kind: 'popularity',
        name: 'popularity',
        uri: `blob:trained/popularity/${DIGEST}`,
        digest: DIGEST,
        bytes: MODEL.length,
        train_ms: 1,
      },
      ...{ backend: 'cpu', history_uri: 'blob:runs/none', resumed_from_epoch: null },
    },
    report: {
      ...{
        kind: 'popularity',
        name: 'popularity',
        uri: 'blob:none',
        html_uri: 'blob:none',
        metrics: { ndcg_at_10: run / 10 },
        baseline: {},
      },
      evidence: { gain_over_popularity: null, champion: null, latency_ms: 1 },
    },
    history: Array.from({ length: 1_500 }, (_, step) => ({
      key: 'loss',
      value: step % 7 === 0 ? NaN : 1 / step,
      step,
      recordedAt: new Date(1.7e12 + step),
    })),
    tags: { snapshot_id: 'abc' },
    judge: () => ({ passed: true, rules: [] }),
  });

async function startServer(python: string, folder: string, port: number): Promise<ChildProcess> {
  const args = [
    '--backend-store-uri',
    `sqlite:///${path.join(folder, 'mlflow.db')}`,
    '--artifacts-destination',
    path.join(folder, 'mlartifacts'),
  ];
  const child = spawn(python, ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', ...args], {
    cwd: folder,
    env: { ...process.env, NO_PROXY: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1', MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES: 'http' },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true, // it has workers of its own, which end with its group
  });
  await waitFor("MLflow's server", async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok);
  return child;
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  process.kill(-server.pid!, signal);
  await gone;
}

/** Whatever can change, while the server is away. */
async function changeAll({ pool }: TestDatabase): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(`select registry_run_id as id from registry_runs order by origin`);
  await withTransaction(pool, (db) =>
    transitionStage(db, { name: 'popularity', version: String(VERSIONS), stage: 'Production', archiveOthers: true }),
  );
  await describeModel(pool, 'popularity', 'by counts');
  await setAlias(pool, { name: 'popularity', alias: 'champion', version: String(VERSIONS) });
  await withTransaction(pool, (db) => deleteVersion(db, 'popularity', '1'));
  for (const { id } of rows) await moveClientRun(pool, id, 'deleted');
  await moveClientRun(pool, rows.at(-1)!.id, 'active');
}

async function compareChanged(url: string): Promise<string | undefined> {
  const { experiment } = await askServer(url, '/experiments/get-by-name?experiment_name=mirrored');
  const { runs } = await askServer(url, '/runs/search', { experiment_ids: [experiment.experiment_id], run_view_type: 'ALL' });
  const { model_versions: versions } = await askServer(url, '/model-versions/search');
  const { registered_model: model } = await askServer(url, '/registered-models/get?name=popularity');
  const champion = versions.find(({ version }) => version === model.aliases[0]?.version);
  const seen = {
    stages: runs.map(({ info }) => `${info.run_name} ${info.lifecycle_stage}`).sort(),
    versions: versions.length,
    described: model.description,
    champion: `${numberHere(champion)} ${champion?.current_stage}`,
  };
  const expected = {
    stages: Array.from({ length: VERSIONS }, (_, at) => `training/m${at + 1}/popularity ${at === VERSIONS - 1 ? 'active' : 'deleted'}`),
    ...{ versions: VERSIONS - 1, described: 'by counts', champion: `${VERSIONS} Production` },
  };
  const [is, wanted] = [JSON.stringify(seen), JSON.stringify(expected)];
  return is === wanted ? undefined : `after what was changed and deleted the mirror has ${is}, not ${wanted}`;
}

interface There {
  runs: {
    info: { run_id: string; run_name: string; status: string; lifecycle_stage: string };
    data: { metrics: { key: string; value: unknown }[] };
  }[];
  model_versions: { version: string; run_id: string; source: string; current_stage: string; tags?: { key: string; value: string }[] }[];
  registered_models?: object[];
  registered_model: { description: string; aliases: { alias: string; version: string }[] };
  experiment: { experiment_id: string };
  metrics: unknown[];
}

async function askServer(url: string, call: string, json?: unknown): Promise<There> {
  const body = json === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
  return (await (await fetch(`${url}/api/2.0/mlflow${call}`, body)).json()) as There;
}

/** @returns what the server has that we have not, or the other way round */
async function compare(url: string, database: TestDatabase): Promise<string | undefined> {
  const ask = (call: string, json?: unknown) => askServer(url, call, json);
  const { experiment } = await ask('/experiments/get-by-name?experiment_name=mirrored');
  const { runs } = await ask('/runs/search', { experiment_ids: [experiment.experiment_id] });
  const { model_versions: versions } = await ask('/model-versions/search');
  const { registered_model: model } = await ask('/registered-models/get?name=popularity');
  const names = runs.map(({ info }) => `${info.run_name} ${info.status}`).sort();
  const points = await Promise.all(
    runs.map(({ info }) => ask(`/metrics/get-history?metric_key=loss&max_results=2000&run_id=${info.run_id}`)),
  );
  const own = await database.pool.query<{ version: string }>(`select version::text from model_aliases where alias = 'champion'`);
  const seen = {
    names,
    points: points.map(({ metrics }) => metrics.length),
    versions: versions.length,
    sources: new Set(versions.map(({ source }) => source)).size,
    champions: model.aliases.filter(({ alias }) => alias === 'champion').length,
    copied: versions.filter(({ source }) => source.startsWith('mlflow-artifacts:/')).length,
    champion: numberHere(versions.find(({ version }) => version === model.aliases[0]?.version)),
  };
  const expected = {
    names: Array.from({ length: VERSIONS }, (_, at) => `training/m${at + 1}/popularity FINISHED`),
    points: Array.from({ length: VERSIONS }, () => 1_500),
    ...{ versions: VERSIONS, sources: VERSIONS, champions: 1, copied: VERSIONS - 1, champion: own.rows[0]!.version },
  };
  const [is, wanted] = [JSON.stringify(seen), JSON.stringify(expected)];
  return is === wanted ? undefined : `the mirror has ${is}, not ${wanted}`;
}

const numberHere = (version: There['model_versions'][number] | undefined) =>
  version?.tags?.find(({ key }) => key === 'movie_mlops.version')?.value;

async function fetchChampion(python: string, url: string, target: string): Promise<string | undefined> {
  const script = 'import sys, mlflow; mlflow.artifacts.download_artifacts(sys.argv[1], dst_path=sys.argv[2])';
  const code = await runPython(python, ['-c', script, 'models:/popularity@champion', target], { env: { MLFLOW_TRACKING_URI: url } });
  if (code !== 0) return "MLflow's client does not fetch the champion";
  return (await readFile(path.join(target, 'model.json'), 'utf8')) === MODEL ? undefined : 'the champion that was fetched is another';
}
