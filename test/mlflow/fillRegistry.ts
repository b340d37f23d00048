/** What the web page is shown in its test. */
export const SHOWN = { experiment: 'movies by night', model: 'night recommender', runs: ['first night', 'second night'] } as const;
const MS = Date.UTC(2026, 0, 5, 20);
const STEPS = 40;

/** Fills a registry through MLflow's own calls: two runs with charts, a data set, a file and a logged model, and a model of two versions with an alias. */
export async function fillRegistry(url: string): Promise<{ experimentId: string; runIds: readonly string[] }> {
  const ask = async <T>(method: string, path: string, json: object): Promise<T> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/2.0/mlflow${path}`, { method, headers, body: JSON.stringify(json) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const logRun = async (experimentId: string, name: string, nth: number): Promise<string> => {
    const start = MS + nth * 3_600_000;
    const { run } = await ask<{ run: { info: { run_id: string } } }>('POST', '/runs/create', {
      experiment_id: experimentId,
      run_name: name,
      user_id: 'nora',
      start_time: start,
      tags: [{ key: 'mlflow.source.name', value: 'train.py' }],
    });
    const id = run.info.run_id;
    const metrics = Array.from({ length: STEPS }, (_, step) => [
      { key: 'loss', value: 1 / (1 + step * (nth + 1)), timestamp: start + step * 1_000, step },
      { key: 'ndcg', value: 0.4 - 0.3 / (1 + step + nth), timestamp: start + step * 1_000, step },
    ]).flat();
    const odd = { key: 'undefined', value: 'NaN', timestamp: start, step: 0 };
    const params = [
      { key: 'lr', value: String(0.001 * (nth + 1)) },
      { key: 'layers', value: '2' },
    ];
    await ask('POST', '/runs/log-batch', { run_id: id, metrics: [...metrics, odd], params });
    const dataset = {
      name: 'ml-small',
      digest: 'a1b2c3d4',
      source_type: 'local',
      source: '{"uri": "ratings.csv"}',
      profile: '{"num_rows": 9}',
    };
    const tags = [{ key: 'mlflow.data.context', value: 'training' }];
    await ask('POST', '/runs/log-inputs', { run_id: id, datasets: [{ dataset, tags }] });
    const put = (path: string, body: string) =>
      fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${id}/artifacts/${path}`, { method: 'PUT', body });
    const files = await Promise.all([put('notes.txt', `notes of the ${name}`), put('model/MLmodel', 'flavors: {}')]);
    if (files.some(({ ok }) => !ok)) throw new Error(`files: ${files.map(({ status }) => status).join()}`);
    const { model } = await ask<{ model: { info: { model_id: string } } }>('POST', '/logged-models', {
      experiment_id: experimentId,
      name: `weights of the ${name}`,
      source_run_id: id,
    });
    await ask('PATCH', `/logged-models/${model.info.model_id}`, { status: 'LOGGED_MODEL_READY' });
    await ask('POST', '/runs/outputs', { run_id: id, models: [{ model_id: model.info.model_id, step: 0 }] });
    await ask('POST', '/runs/update', { run_id: id, status: 'FINISHED', end_time: start + STEPS * 1_000 });
    return id;
  };

  const { experiment_id: experimentId } = await ask<{ experiment_id: string }>('POST', '/experiments/create', { name: SHOWN.experiment });
  const runIds = [await logRun(experimentId, SHOWN.runs[0], 0), await logRun(experimentId, SHOWN.runs[1], 1)];
  await ask('POST', '/registered-models/create', { name: SHOWN.model, description: 'Recommends what is watched late' });
  for (const id of runIds)
    await ask('POST', '/model-versions/create', {
      name: SHOWN.model,
      run_id: id,
      source: `mlflow-artifacts:/${experimentId}/${id}/artifacts/model`,
    });
  await ask('POST', '/registered-models/alias', { name: SHOWN.model, alias: 'champion', version: '2' });
  return { experimentId, runIds };
}
