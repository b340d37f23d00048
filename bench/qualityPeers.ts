/** Known implementations on our own split and questions, judged by our own metrics: what they answer becomes a model like any other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EVALUATION_PROTOCOLS, type EvaluationProtocol } from '../contracts/evaluation.ts';
import { gateSettingsSchema } from '../contracts/gate.ts';
import type { ModelKind } from '../contracts/models.ts';
import { runCommand } from '../deploy/local/setup/command.mjs';
import { metricsOf } from '../domain/recommender/evaluation/metricTables.ts';
import { answerQuestions } from '../domain/recommender/evaluation/outcomes.ts';
import { prepareQuestions, type Questions } from '../domain/recommender/evaluation/questions.ts';
import { readRatingsFolder } from '../domain/recommender/evaluation/local/ratingsFolder.ts';
import { intervalsOf } from '../domain/recommender/evaluation/evaluationReport.ts';
import { selectRows } from '../domain/recommender/data/interactions.ts';
import { createTrainedModel, type TrainedModel } from '../domain/recommender/model/model.ts';
import { halfStarsOf } from '../domain/recommender/data/ratings.ts';
import { createSnapshot, type Snapshot } from '../domain/recommender/data/snapshot.ts';
import { installPeers } from './peers.ts';

interface Peer {
  readonly name: string;
  /** Function of qualityPeers.py. */
  readonly run: string;
  /** The kind of ours that it is held against. */
  readonly beside: ModelKind;
  readonly protocols: readonly EvaluationProtocol[];
}

const RANKING = ['loo', 'full'] as const;
const PEERS: readonly Peer[] = [
  { name: 'implicit item-item', run: 'implicit_item_item', beside: 'item_knn', protocols: RANKING },
  { name: 'RecBole ItemKNN', run: 'recbole_item_knn', beside: 'item_knn', protocols: RANKING },
  { name: 'RecBole EASE', run: 'recbole_ease', beside: 'ease', protocols: RANKING },
  { name: 'implicit ALS', run: 'implicit_als', beside: 'ials', protocols: RANKING },
  { name: 'RecBole NeuMF', run: 'recbole_neumf', beside: 'neural_cf', protocols: RANKING },
  { name: 'RecBole SASRec', run: 'recbole_sasrec', beside: 'sasrec', protocols: ['loo'] },
  { name: 'Surprise baseline', run: 'surprise_baseline', beside: 'popularity', protocols: ['rating'] },
  { name: 'Surprise SVD', run: 'surprise_svd', beside: 'neural_cf', protocols: ['rating'] },
  { name: 'Surprise SVD++', run: 'surprise_svdpp', beside: 'neural_cf', protocols: ['rating'] },
];

export interface PeerFigures {
  readonly name: string;
  readonly beside: ModelKind;
  /** Hyper-parameters that validation chose, or the epoch. */
  readonly settings: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly intervals: Readonly<Record<string, { readonly low: number; readonly high: number }>>;
  readonly seconds: number;
}

/** @param only the kinds whose peers are wanted */
export async function runPeers(
  protocol: EvaluationProtocol,
  data: string,
  only: readonly ModelKind[],
  seed: number,
): Promise<PeerFigures[]> {
  const python = await installPeers();
  const { interactions, movies } = await readRatingsFolder(data, { signal: new AbortController().signal, maxRejectShare: 0 });
  const questions = prepareQuestions(createSnapshot(interactions, movies, seed, EVALUATION_PROTOCOLS[protocol].split));
  const folder = mkdtempSync(path.join(tmpdir(), 'mlops-peers-'));
  try {
    writeSplit(questions.snapshot, protocol, folder);
    const figures: PeerFigures[] = [];
    for (const peer of PEERS.filter(({ protocols, beside }) => protocols.includes(protocol) && only.includes(beside))) {
      process.stderr.write(`${protocol}: ${peer.name} …\n`);
      figures.push(await runPeer(peer, protocol, questions, python, folder));
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeSplit({ interactions, rankingSplit, ratingSplit }: Snapshot, protocol: EvaluationProtocol, folder: string): void {
  const { users, movies, userIndex, movieIndex, rating, ratedAt, length } = interactions;
  const parts = protocol === 'rating' ? ratingSplit : rankingSplit;
  const line = (row: number) => [userIndex[row], movieIndex[row], rating[row], ratedAt[row]! / 1000, parts[row]].join('\t');
  writeFileSync(path.join(folder, 'rows.tsv'), Array.from({ length }, (_, row) => line(row)).join('\n'));
  writeFileSync(path.join(folder, 'sizes.json'), JSON.stringify({ users: users.size, movies: movies.size }));
}

async function runPeer(
  { name, run, beside }: Peer,
  protocol: EvaluationProtocol,
  questions: Questions,
  python: string,
  folder: string,
): Promise<PeerFigures> {
  const startedAt = performance.now();
  const onLine = (line: string) => void process.stderr.write(`${line}\n`);
  await runCommand(python, [path.join(import.meta.dirname, 'qualityPeers.py'), folder, run], { onLine });
  const seconds = (performance.now() - startedAt) / 1000;
  const bytes = readFileSync(path.join(folder, `${run}.f32`));
  const scores = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / Float32Array.BYTES_PER_ELEMENT);
  const asked =
    protocol === 'rating' ? { ...questions, ranking: [] } : { ...questions, ratings: selectRows(questions.ratings, new Uint32Array()) };
  const { outcomes } = await answerQuestions(asked, modelOf(scores, beside, questions.snapshot), new AbortController().signal);
  return {
    name,
    beside,
    settings: readFileSync(path.join(folder, `${run}.json`), 'utf8').replaceAll('"', ''),
    metrics: metricsOf(asked, outcomes),
    intervals: intervalsOf(asked, outcomes, { ...gateSettingsSchema.parse({}), seed: questions.snapshot.seed }),
    seconds,
  };
}

/** @param scores users × movies, as positions in the snapshot */
function modelOf(scores: Float32Array, kind: ModelKind, { interactions }: Snapshot): TrainedModel {
  const { users, movies } = interactions;
  const scoreAll = (user: number | null) => scores.subarray(user! * movies.size, (user! + 1) * movies.size);
  return createTrainedModel({
    kind,
    users,
    movies,
    answersUnknownUsers: false,
    scoreAll,
    similarityToAll: () => new Float32Array(movies.size),
    rate(user, asked) {
      const expected = Float32Array.from(asked, (movie) => scoreAll(user)[movie]!);
      return { expected, likeliest: halfStarsOf(expected) };
    },
    save: () => ({}),
    dispose: () => undefined,
  });
}
