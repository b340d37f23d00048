import { describe, expect, test } from '@jest/globals';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi();

const VERSION = {
  name: 'ease',
  version: '2',
  source: 'blob:a',
  registry_run_id: 'r',
  stage: 'Production',
  status: 'READY',
  description: '',
  gate: null,
  origin: null,
  tags: {},
  aliases: ['champion'],
  metrics: {},
  created_at: '2026-11-23T22:55:00.000Z',
  updated_at: '2026-11-23T22:55:00.000Z',
};

describe('models', () => {
  test('compare: a row a figure, the bar as long as its share of the greatest, and which is best', async () => {
    const metrics = [
      { metric: 'rmse', better: 'lower', values: { 1: 1, 2: 0.5 }, best: '2' },
      { metric: 'mine', better: null, values: { 1: null, 2: 3 }, best: null },
    ];
    const { out } = await ask(['models', 'compare', 'ease', '--versions', '1,2', '--metrics', 'rmse,mine'], {
      'GET /api/v1/models/ease/compare': { body: { name: 'ease', versions: ['1', '2'], same_data: false, metrics } },
    });
    expect(asked()).toEqual([['GET /api/v1/models/ease/compare?versions=1%2C2&metrics=rmse%2Cmine', undefined]]);
    expect(cells(out)).toEqual([
      ['METRIC', 'VERSION', 'VALUE'],
      ['rmse (lower is better)', '1', '1', '█'.repeat(30)],
      ['2', '0.5', '█'.repeat(15), 'best'],
      ['mine', '1', 'not measured'],
      ['2', '3', '█'.repeat(30)],
      [expect.stringMatching(/^These versions were judged on different data/)],
    ]);
  });

  test('history: who changed what, when and why', async () => {
    const at = '2026-11-23T22:55:00.000Z';
    const changes = [
      { change: 'alias', alias: 'champion', version: '1', from: '1', to: null, by: 'anna', reason: 'it fails', at },
      { change: 'stage', alias: null, version: '2', from: 'None', to: 'Staging', by: 'local', reason: '', at },
    ];
    const { out } = await ask(['models', 'history', 'ease'], { 'GET /api/v1/models/ease/history': { body: { changes } } });
    expect(cells(out)).toEqual([
      ['WHEN', 'WHAT', 'FROM', 'TO', 'BY', 'WHY'],
      ['2026-11-23 22:55:00', 'alias champion', '1', '-', 'anna', 'it fails'],
      ['2026-11-23 22:55:00', 'stage of 2', 'None', 'Staging', 'local'],
    ]);
  });

  test('lineage: from the data down to the routes', async () => {
    const lineage = {
      data: { sets: ['movielens', 'ml-1m'], snapshot_id: 'abc' },
      run: {
        registry_run_id: 'r',
        experiment: 'movies',
        name: 'training/a1/ease',
        user_id: 'training-pipeline',
        status: 'FINISHED',
        started_at: '2026-11-23T22:00:00.000Z',
        ended_at: null,
        params: { kind: 'ease', l2: '250' },
        code_version: '0.4.0',
        backend: 'cpu',
      },
      version: VERSION,
      parameters: 1200,
      champion: [{ from: '2026-11-23T22:55:00.000Z', until: null, by: 'anna', reason: 'better' }],
      routes: [{ route: 'default', variant: 'main', preference: 4, serves: true }],
    };
    const { out } = await ask(['models', 'lineage', 'ease', '2'], { 'GET /api/v1/models/ease/versions/2/lineage': { body: lineage } });
    expect(out.split('\n').filter((line) => line.trim() !== '↓')).toEqual([
      'data        movielens, ml-1m',
      'snapshot    abc',
      'run         training/a1/ease in movies, FINISHED, 2026-11-23 22:00:00',
      'parameters  kind ease',
      '            l2 250',
      'code        0.4.0',
      'version     ease 2, 1200 numbers learnt, stage Production',
      'champion    2026-11-23 22:55:00 to now, by anna: better',
      'routes      default, variant main, asked as number 4',
      '',
    ]);
  });

  test('promote and alias tell of a version that is not served', async () => {
    const warning = 'It is not served: a client logged it';
    const promoted = await ask(['models', 'promote', 'ease', '2', '--force', '--description', 'so'], {
      'POST /mlflow/models/ease/promote-to-production': { body: { ...VERSION, warning } },
    });
    expect(promoted.out).toBe(`ease 2 is champion, in Production.\n${warning}.\n`);
    const set = await ask(['models', 'alias', 'ease', 'champion', '2'], {
      'PUT /api/v1/models/ease/aliases/champion': { body: { name: 'ease', aliases: { champion: '2' }, warning } },
    });
    expect(set).toMatchObject({ exitCode: 0, out: `champion of ease is version 2.\n${warning}.\n` });
  });

  test('promote, alias and stage send what they are told, with why', async () => {
    const promoted = await ask(['models', 'promote', 'ease', '2', '--force', '--description', 'so'], {
      'POST /mlflow/models/ease/promote-to-production': { body: VERSION },
    });
    expect(promoted).toMatchObject({ exitCode: 0, out: 'ease 2 is champion, in Production.\n' });
    expect(asked()).toEqual([['POST /mlflow/models/ease/promote-to-production', { version: '2', force: true, description: 'so' }]]);
    await ask(['models', 'stage', 'ease', '2', 'production', '--archive'], { 'POST /mlflow/models/stage-transition': { body: VERSION } });
    expect(asked()).toEqual([
      ['POST /mlflow/models/stage-transition', { model_name: 'ease', version: '2', stage: 'Production', archive_existing_versions: true }],
    ]);
    const path = '/api/v1/models/ease/aliases/best';
    const left = { body: { name: 'ease', aliases: {} } };
    await ask(['models', 'alias', 'ease', 'best', '2', '--description', 'so'], { [`PUT ${path}`]: left });
    expect(asked()).toEqual([[`PUT ${path}`, { version: '2', description: 'so' }]]);
    await ask(['models', 'alias', 'ease', 'best', '--remove', '--description', 'so'], { [`DELETE ${path}`]: left });
    expect(asked()).toEqual([[`DELETE ${path}?description=so`, undefined]]);
  });

  test('what is neither a version nor a removal, and what is no stage, is refused before anybody is asked', async () => {
    for (const args of [
      ['alias', 'ease', 'best'],
      ['alias', 'ease', 'best', '1', '--remove'],
      ['stage', 'ease', '1', 'Shelf'],
    ]) {
      expect(await ask(['models', ...args], {})).toMatchObject({ exitCode: 2 });
      expect(asked()).toEqual([]);
    }
  });
});

test('experiments are listed and made, and the registry emptied', async () => {
  const made = {
    experiment_id: '3',
    name: 'mine',
    description: 'trial',
    runs: 2,
    created_at: VERSION.created_at,
    updated_at: VERSION.created_at,
  };
  const { out } = await ask(['experiments'], { 'GET /mlflow/experiments': { body: { experiments: [made] } } });
  expect(cells(out)).toEqual([
    ['ID', 'EXPERIMENT', 'RUNS', 'MADE', 'ABOUT'],
    ['3', 'mine', '2', '2026-11-23 22:55:00', 'trial'],
  ]);
  await ask(['experiments', 'create', 'mine', '--description', 'trial'], { 'POST /mlflow/experiments': { body: made } });
  expect(asked()).toEqual([['POST /mlflow/experiments', { name: 'mine', description: 'trial' }]]);
  const reset = await ask(['registry', 'reset'], { 'POST /api/v1/registry/reset': { body: { experiments: 1, runs: 2, models: 3 } } });
  expect(reset.out).toBe('1 experiments, 2 runs and 3 models are gone.\n');
});

describe('webhooks', () => {
  const webhook = {
    webhook_id: 'w1',
    name: 'deploys',
    url: 'https://example.com/hook',
    events: ['model_version.created', 'model_version_alias.created'],
    description: '',
    status: 'ACTIVE',
    created_at: '2026-11-23T22:55:00.000Z',
    updated_at: '2026-11-23T22:55:00.000Z',
  };
  const delivery = {
    delivery_id: 'd1',
    event: 'model_version.created',
    occurred_at: '2026-11-23T22:55:00.000Z',
    status: 'failed',
    attempts: 1,
    attempted_at: '2026-11-23T22:55:01.000Z',
    response_status: 400,
    error: 'it answered 400',
  };

  test('are listed, and so is what became of the deliveries of one', async () => {
    const listed = await ask(['webhooks'], { 'GET /api/v1/webhooks': { body: { webhooks: [webhook] } } });
    expect(cells(listed.out)).toEqual([
      ['ID', 'WEBHOOK', 'STATUS', 'URL', 'EVENTS'],
      ['w1', 'deploys', 'ACTIVE', 'https://example.com/hook', 'model_version.created, model_version_alias.created'],
    ]);
    const { out } = await ask(['webhooks', 'deliveries', 'w1', '--limit', '5'], {
      'GET /api/v1/webhooks/w1/deliveries': { body: { deliveries: [delivery] } },
    });
    expect(asked()).toEqual([['GET /api/v1/webhooks/w1/deliveries?limit=5', undefined]]);
    expect(cells(out)).toEqual([
      ['WHEN', 'EVENT', 'STATUS', 'TRIED', 'ANSWER', 'DELIVERY', 'WHY NOT'],
      ['2026-11-23 22:55:00', 'model_version.created', 'failed', '1', '400', 'd1', 'it answered 400'],
    ]);
  });
});
