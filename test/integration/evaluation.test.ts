import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gateSettingsSchema } from '../../contracts/gate.ts';
import { modelSpecSchema } from '../../contracts/models.ts';
import type { DatasetRef, ModelRef, ReportRef } from '../../contracts/training.ts';
import { keepReport } from '../../domain/recommender/evaluation/report/keepReport.ts';
import { packOutcomes, unpackOutcomes } from '../../domain/recommender/evaluation/outcomes.ts';
import type { KeptReport } from '../../domain/recommender/evaluation/evaluationReport.ts';
import { evidenceAgainst, judge } from '../../domain/recommender/evaluation/gate.ts';
import { saveModel } from '../../domain/recommender/training/modelFiles.ts';
import { NO_CHECKPOINTS } from '../../domain/recommender/model/model.ts';
import { modelKind } from '../../domain/recommender/models/index.ts';
import { createVocabulary } from '../../domain/recommender/data/interactions.ts';
import { createSnapshot, trainingDataOf } from '../../domain/recommender/data/snapshot.ts';
import { readSnapshot, writeSnapshot } from '../../domain/recommender/data/snapshotFiles.ts';
import { decodeSealed, encodeSealed } from '../../domain/recommender/numeric/safetensors.ts';
import { registerTrainedModel } from '../../domain/registry/register.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { interactionsOf, movieTable, tasteSnapshot } from '../unit/recommender/samples.ts';

const { tf } = loadTensorflow('cpu');
const signal = new AbortController().signal;
const settings = gateSettingsSchema.parse({ resamples: 200 });
const SPEC = { kind: 'neural_cf', epochs: 4, batch_size: 128, embedding_dim: 8, hidden_units: [16, 8], learning_rate: 0.03 };
let database: TestDatabase;
let folder: string;
let blobs: BlobStore;
let api: TestApi;
let dataset: DatasetRef;

beforeAll(async () => {
  [database, folder] = await Promise.all([createTestDatabase(), mkdtemp(path.join(tmpdir(), 'evaluation '))]);
  blobs = createBlobStore(`file:${folder}`);
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, blobUrl: `file:${folder}` });
  dataset = await writeSnapshot(blobs, tasteSnapshot({ users: 80, perUser: 14 }));
});
afterAll(async () => {
  await api.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function train(of: DatasetRef, given: object = {}): Promise<ModelRef> {
  const context = { tf, signal, checkpoints: NO_CHECKPOINTS, onProgress: () => undefined };
  const { model } = await modelKind('neural_cf').fit(
    modelSpecSchema.parse({ ...SPEC, ...given }),
    trainingDataOf(await readSnapshot(blobs, of)),
    context,
  );
  const saved = await saveModel(blobs, model);
  model.dispose();
  return { ...saved, train_ms: 5, backend: 'cpu', history_uri: 'blob:none', resumed_from_epoch: null };
}
const evaluate = (run: string, of: DatasetRef, model: ModelRef): Promise<ReportRef> =>
  keepReport({ db: database.pool, blobs, tf, signal }, { dataset: of, model, settings, workflowId: `training/${run}/neural_cf` });
const register = (run: string, of: DatasetRef, model: ModelRef, report: ReportRef) =>
  registerTrainedModel(
    { pool: database.pool },
    {
      origin: `training/${run}/neural_cf`,
      experiment: 'test',
      spec: modelSpecSchema.parse(SPEC),
      model,
      report,
      history: [],
      tags: { snapshot_id: of.snapshot_id },
      judge: (version) => judge({ ...report, bytes: model.bytes, evidence: evidenceAgainst(report, version) }, settings),
    },
  );
/** Movies of these ids. */
const tableOf = (ids: readonly string[]) => ({ ...movieTable(ids.length), vocabulary: createVocabulary(ids) });
const readJson = async (uri: string) => JSON.parse((await blobs.get(uri)).toString()) as KeptReport;

describe('evaluation with its files', () => {
  let first: { model: ModelRef; report: ReportRef };
  beforeAll(async () => {
    const model = await train(dataset);
    first = { model, report: await evaluate('a1', dataset, model) };
    await register('a1', dataset, model, first.report);
  });

  test('of the first version: there is no champion, and the API gives the report as JSON and as a page without scripts', async () => {
    expect(first.report.evidence.champion).toBeNull();
    const { status, body } = await api.call<KeptReport>('GET', '/api/v1/models/neural_cf/versions/1/report');
    expect([status, body.snapshot_id, body.metrics]).toEqual([200, dataset.snapshot_id, first.report.metrics]);
    expect(body.verdict.passed).toBe(true);
    const page = await api.call<string>('GET', '/api/v1/models/neural_cf/versions/1/report.html');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.body).toContain('<svg');
  });

  test('what travels through the workflow is small, whatever the data', () => {
    expect(JSON.stringify(first.report).length).toBeLessThan(8_000);
  });

  test('twice leaves the same report, apart from how long it took', async () => {
    const untimed = ({ latency_ms: _, evidence: _of, verdict: _by, ...figures }: KeptReport) => figures;
    const before = await readJson(first.report.uri);
    await database.pool.query("delete from model_aliases where alias = 'champion'");
    const again = await evaluate('a1', dataset, first.model);
    await database.pool.query("insert into model_aliases (name, alias, version) values ('neural_cf', 'champion', 1)");
    expect(again.uri).toBe(first.report.uri);
    expect(untimed(await readJson(again.uri))).toEqual(untimed(before));
  });

  test('of a model that learnt ratings is held against the champion of its own name, by RMSE', async () => {
    const model = await train(dataset, { objective: 'rating' });
    const report = await evaluate('r1', dataset, model);
    expect([model.name, report.name, report.evidence.champion]).toEqual(['neural_cf_rating', 'neural_cf_rating', null]);
    expect((await register('r1', dataset, model, report)).name).toBe('neural_cf_rating');
    const name = 'neural_cf_rating';
    await database.pool.query("insert into model_aliases (name, alias, version) values ($1, 'champion', 1) on conflict do nothing", [name]);
    const again = await evaluate('r2', dataset, await train(dataset, { objective: 'rating', seed: 7 }));
    expect(again.evidence.champion!.version).toBe('1');
    expect(again.evidence.champion!.value).toBeCloseTo(report.metrics['rmse']!, 6);
    expect(again.evidence.champion!.note).toMatch(/held-out ratings/);
  });

  test('asks popularity once a snapshot: what it answered is read from beside the snapshot', async () => {
    const uri = `${dataset.uri}/popularity-1.safetensors`;
    const answered = unpackOutcomes(decodeSealed(await blobs.get(uri)).tensors)!;
    const changed = encodeSealed(packOutcomes({ ...answered, recommended: 0 }));
    await blobs.put(uri.slice('blob:'.length), changed);
    expect((await evaluate('a0', dataset, first.model)).baseline).toMatchObject({
      coverage_at_10: 0,
      ndcg_at_10: first.report.baseline['ndcg_at_10'],
    });
    const whole = Buffer.from(encodeSealed(packOutcomes(answered)));
    whole[whole.length - 1]! ^= 0x40;
    for (const broken of [whole, whole.subarray(0, 50), Buffer.alloc(0)]) {
      await blobs.put(uri.slice('blob:'.length), broken);
      expect((await evaluate('a0', dataset, first.model)).baseline).toEqual(first.report.baseline); // worked out again
    }
  });

  test('of equal data and seed: the champion answers the same questions alike, and version 2 takes its place', async () => {
    const model = await train(dataset);
    const report = await evaluate('a2', dataset, model);
    expect(report.evidence.champion).toMatchObject({
      version: '1',
      gain: { value: 0, low: 0, high: 0 },
      note: expect.stringMatching(/^compared on all/),
    });
    expect(await register('a2', dataset, model, report)).toMatchObject({ version: '2', champion: true });
  });

  test('of a challenger that learnt badly: refused with the numbers, and the champion stays', async () => {
    const model = await train(dataset, { epochs: 1, learning_rate: 0.00001 });
    const report = await evaluate('a3', dataset, model);
    const { champion, gate } = await register('a3', dataset, model, report);
    expect(champion).toBe(false);
    expect(gate.rules.filter(({ passed }) => !passed).map(({ rule }) => rule)).toContain('not_worse_than_champion');
  });

  test('on newer data with new users: the champion answers the new questions, and those it had learnt the answer to are left out', async () => {
    const { interactions, movies } = await readSnapshot(blobs, dataset);
    const rows = Array.from(interactions.userIndex, (user, row) => ({
      user: interactions.users.ids[user]!,
      movie: interactions.movies.ids[interactions.movieIndex[row]!]!,
      rating: interactions.rating[row]!,
      at: interactions.ratedAt[row]!,
    }));
    // The latest two movies of each old user fall away, so that what is held out now had been learnt from; ten users come anew.
    const kept = rows.filter(
      (_, row) => interactions.userIndex[row] === interactions.userIndex[row + 2] || interactions.userIndex[row]! < 40,
    );
    const fresh = rows.filter((_, row) => interactions.userIndex[row]! < 10).map((row) => ({ ...row, user: `new-${row.user}` }));
    const newer = await writeSnapshot(blobs, createSnapshot(interactionsOf([...kept, ...fresh], movies), movieTable(40), 7));
    const model = await train(newer);
    const report = await evaluate('a4', newer, model);
    const { note } = report.evidence.champion!;
    expect(note).toMatch(
      /^compared on 50 of 90 users: the champion had learnt the answer to the others; 10 users whom the champion does not know/,
    );
  });

  test('of a shop alone, where the champion knows a shared catalogue: refused until that has left; on both it passes', async () => {
    const { pool } = database;
    const { interactions, movies } = await readSnapshot(blobs, dataset);
    const own = (id: string) => String(1_000_000_000 + Number(id));
    const ids = movies.vocabulary.ids;
    await pool.query(
      `insert into own_movie_ids (source, external_id, movie_id) select 'shop', id, 1000000000 + id::int from unnest($1::text[]) id`,
      [ids],
    );
    await pool.query(`insert into movies (movie_id, title, source) select id::int, 'A movie', 'test' from unnest($1::text[]) id`, [
      [...ids, ...ids.map(own)],
    ]);
    const rows = Array.from(interactions.userIndex, (user, row) => ({
      user: interactions.users.ids[user]!,
      movie: own(interactions.movies.ids[interactions.movieIndex[row]!]!),
      rating: interactions.rating[row]!,
      at: interactions.ratedAt[row]!,
    }));
    const ofIds = (known: readonly string[]) => {
      const table = tableOf(known);
      return writeSnapshot(blobs, createSnapshot(interactionsOf(rows, table), table, 7));
    };
    const catalogues = async (run: string, of: DatasetRef) => {
      const model = await train(of, { epochs: 1 });
      const report = await evaluate(run, of, model);
      const { rules } = judge({ ...report, bytes: model.bytes }, settings);
      return rules.find(({ rule }) => rule === 'keeps_the_catalogues');
    };
    const shop = await ofIds(ids.map(own));
    expect(await catalogues('s1', shop)).toMatchObject({
      passed: false,
      detail: expect.stringMatching(/^it knows shop alone; the champion, version 2, also answers for the shared catalogue: /),
    });
    expect(await catalogues('s2', await ofIds([...ids, ...ids.map(own)]))).toMatchObject({ passed: true, value: 0 });
    await pool.query('delete from movies where movie_id < 1000000000');
    expect(await catalogues('s3', shop)).toMatchObject({ passed: true, value: 0 });
    await pool.query('delete from movies');
  });

  test('of a model whose champion changed meanwhile is not registered by it', async () => {
    const model = await train(dataset, { seed: 5 });
    const report = await evaluate('a5', dataset, model);
    await database.pool.query(`update model_aliases set version = 1 where name = 'neural_cf' and alias = 'champion'`);
    await expect(register('a5', dataset, model, report)).rejects.toMatchObject({
      type: 'ChampionChanged',
      message: 'the model was compared with version 2, and version 1 stands now',
    });
    const again = await evaluate('a5', dataset, model);
    expect(again.evidence.champion!.version).toBe('1');
    await register('a5', dataset, model, again);
  });

  test('with a champion whose files are gone: nothing to compare with, and the verdict says so', async () => {
    await database.pool.query(`update model_versions set source = 'blob:trained/neural_cf/gone' where name = 'neural_cf'`);
    const report = await evaluate('a6', dataset, first.model);
    expect(report.evidence.champion).toMatchObject({ gain: null, note: expect.stringContaining("the champion's files are gone") });
  });

  test('with a champion whose files are not what was saved: a better model can take its place', async () => {
    const champion = await train(dataset, { seed: 9 });
    await database.pool.query(`update model_versions set source = $1 where name = 'neural_cf'`, [champion.uri]);
    const key = `${champion.uri.slice('blob:'.length)}/weights.safetensors`;
    await blobs.put(key, (await blobs.get(`blob:${key}`)).subarray(0, -4));
    const report = await evaluate('a7', dataset, first.model);
    expect(report.evidence.champion).toMatchObject({
      gain: null,
      note: expect.stringContaining('weights.safetensors is not what was saved'),
    });
  });

  test('of a model whose own files are not what was saved fails for good', async () => {
    const model = await train(dataset, { seed: 10 });
    const key = `${model.uri.slice('blob:'.length)}/vocabulary.json`;
    await blobs.put(key, Buffer.from('{}'));
    await expect(evaluate('a8', dataset, model)).rejects.toMatchObject({ type: 'ModelCorrupt' });
  });
});

describe('the report endpoints', () => {
  test.each([
    ['neural_cf/versions/99', 404, 'There is no evaluation report of version 99 of model neural_cf'],
    ['nobody/versions/1', 404, 'There is no evaluation report of version 1 of model nobody'],
    ['neural_cf/versions/one', 422, 'path.version: a version number such as 3'],
  ])('%s: %d', async (of, status, detail) => {
    for (const form of ['report', 'report.html']) {
      expect(await api.call('GET', `/api/v1/models/${of}/${form}`)).toMatchObject({ status, body: { detail } });
    }
  });

  test('give nothing but reports, whatever a client wrote into the tags', async () => {
    await blobs.put('trained/secret.json', Buffer.from('{}'));
    for (const uri of [
      'blob:trained/secret.json',
      'blob:../etc/report.json',
      'blob:runs/../../x/report.json',
      `${dataset.uri}/manifest.json`,
    ]) {
      await database.pool.query("update registry_run_tags set value = $1 where key in ('report_uri', 'report_html_uri')", [uri]);
      expect((await api.call('GET', '/api/v1/models/neural_cf/versions/1/report')).status).toBe(404);
    }
  });
});
