/**
 * For choosing hyper-parameters, on MovieLens-small or ML-100K by the platform's own protocols: they are tried on `--on validation` (each user's last
 * movie but one; with `--split per_user` a random tenth) and reported on test. An ensemble is reported alone: validation has chosen its blend.
 * `npm run bench:tuning -- --data movielens-small --model '{"kind":"ease"}' …`
 */
import { parseArgs } from 'node:util';
import { MODEL_KINDS, modelSpecSchema, type ModelSpec } from '../contracts/models.ts';
import { splitKindSchema } from '../contracts/training.ts';
import { metricsOf } from '../domain/recommender/evaluation/metricTables.ts';
import { answerQuestions } from '../domain/recommender/evaluation/outcomes.ts';
import { prepareQuestions } from '../domain/recommender/evaluation/questions.ts';
import { NO_CHECKPOINTS } from '../domain/recommender/model/model.ts';
import { modelKind } from '../domain/recommender/models/index.ts';
import { createSnapshot, trainingDataOf, type Snapshot } from '../domain/recommender/data/snapshot.ts';
import { validationSnapshot } from '../domain/recommender/data/validationSnapshot.ts';
import { loadTensorflow } from '../platform/tensorflow.ts';
import { readMovieLens, readRecBole } from './data.ts';
import { printTable } from './figures.ts';

const SEED = 42;
const COLUMNS = ['hr_at_10', 'ndcg_at_10', 'recall_at_10', 'full_ndcg_at_10', 'rmse'];
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'data/movielens-small' },
    model: { type: 'string', multiple: true },
    on: { type: 'string', default: 'test' },
    split: { type: 'string', default: 'leave_one_out' },
  },
});
const { tf } = loadTensorflow('cpu');
const signal = new AbortController().signal;

function readSnapshot(): Snapshot {
  const { interactions, movies } = values.data.endsWith('ml-100k') ? readRecBole(values.data) : readMovieLens(values.data);
  return createSnapshot(interactions, movies, SEED, splitKindSchema.parse(values.split));
}

const snapshot = readSnapshot();
const data = trainingDataOf(snapshot);
const questions = prepareQuestions(values.on === 'test' ? snapshot : validationSnapshot(snapshot));

async function judge(spec: ModelSpec): Promise<string[]> {
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const { model } = await modelKind(spec.kind).fit(spec, data, {
    tf,
    signal,
    checkpoints: NO_CHECKPOINTS,
    onProgress: ({ epoch, loss, validation_ndcg_at_10: judged }) =>
      void process.stderr.write(
        `\r${spec.kind} epoch ${epoch} loss ${loss?.toFixed(4)}${judged ? ` validation ${judged.toFixed(4)}\n` : '  '}`,
      ),
  });
  const { user, system } = process.cpuUsage(cpu);
  const seconds = [(performance.now() - startedAt) / 1000, (user + system) / 1e6];
  const metrics = metricsOf(questions, (await answerQuestions(questions, model, signal)).outcomes);
  const { kind, ...settings } = spec;
  model.dispose();
  return [
    `${kind} ${values.model ? JSON.stringify(settings) : ''}`,
    ...COLUMNS.map((name) => metrics[name]?.toFixed(4) ?? ''),
    ...seconds.map((value) => value.toFixed(1)),
  ];
}

const kinds = MODEL_KINDS.filter((kind) => values.on === 'test' || kind !== 'ensemble');
const specs = (values.model ?? kinds.map((kind) => JSON.stringify({ kind }))).map((text) => modelSpecSchema.parse(JSON.parse(text)));
const rows: string[][] = [];
for (const spec of specs) rows.push(await judge(spec));
process.stderr.write('\n');
printTable(['', ...COLUMNS, 's', 'cpu s'], rows);
