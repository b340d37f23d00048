import { cpus } from 'node:os';
import { printTable } from './figures.ts';
import type { ServingData } from './servingData.ts';
import { BESIDE, CONNECTIONS, rowsBeside, startFastest, type Timing } from './servingFigures.ts';
import { loadInTurns } from './servingLoad.ts';
import { startMlServer, startOurs } from './servingServers.ts';
import type { Keep, MeasuredServer } from './servers.ts';

const PATH = '/v2/models/neural_cf/infer';
const QUESTIONS = 200;
const NEAR = 1e-3;

interface Pairs {
  readonly name: string;
  readonly users: number;
  readonly movies: number;
}
const SHAPES: readonly Pairs[] = [
  { name: 'one pair', users: 1, movies: 1 },
  { name: 'a user with 100 movies', users: 1, movies: 100 },
  { name: '100 users with a movie each', users: 100, movies: 1 },
];

/** The same pairs scored by the Open Inference Protocol V2, beside MLServer with the same weights. */
export async function measureInfer(data: ServingData, timing: Timing, keep: Keep): Promise<void> {
  const ours = keep(await startOurs(data));
  // By default it scores in processes beside the one that answers; without them it scores where it answers.
  const ways = [0, cpus().length].map((workers) => ({
    name: `MLServer with ${workers} parallel workers`,
    start: async () => keep(await startMlServer(data, workers)),
  }));
  const { server: mlServer, name: theirs } = await startFastest(
    ways,
    (server) => ({ server, path: PATH, bodies: bodiesOf(data, SHAPES[1]!) }),
    timing,
  );
  const rows: string[][] = [];
  for (const shape of SHAPES) {
    const bodies = bodiesOf(data, shape);
    await expectSameScores(bodies[0]!, ours, mlServer);
    const asked = (server: MeasuredServer) => ({ server, path: PATH, bodies });
    const figures = await loadInTurns({ ours: asked(ours), MLServer: asked(mlServer) }, { ...timing, connections: CONNECTIONS });
    rows.push(...rowsBeside(shape.name, figures));
  }
  console.log(`\nV2 infer, neural_cf, ${data.movies} movies, ${CONNECTIONS} connections; ${theirs}`);
  printTable(['', ...BESIDE], rows);
  await Promise.all([ours.stop(), mlServer.stop()]);
}

function bodiesOf({ users, movies }: ServingData, shape: Pairs): string[] {
  return Array.from({ length: QUESTIONS }, (_, question) => {
    const pairs = Array.from({ length: shape.users * shape.movies }, (__, pair) => ({
      user_id: users[(question * 31 + (shape.users > 1 ? pair : 0)) % users.length]!,
      movie_id: String(1 + ((question * 17 + pair * 7) % movies)),
    }));
    const tensor = (name: 'user_id' | 'movie_id') => ({
      name,
      datatype: 'BYTES',
      shape: [pairs.length],
      data: pairs.map((pair) => pair[name]),
    });
    return JSON.stringify({ inputs: [tensor('user_id'), tensor('movie_id')], outputs: [{ name: 'score' }] });
  });
}

/** @throws Error where the two give a pair another score */
async function expectSameScores(body: string, ...servers: readonly MeasuredServer[]): Promise<void> {
  const [one, other] = await Promise.all(
    servers.map(async ({ url }) => {
      const answer = await fetch(url + PATH, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
      return ((await answer.json()) as { outputs: { name: string; data: number[] }[] }).outputs.find(({ name }) => name === 'score')!.data;
    }),
  );
  const differs = one!.findIndex((score, at) => !(Math.abs(score - other![at]!) <= NEAR));
  if (differs !== -1 || one!.length !== other!.length) throw new Error(`pair ${differs}: ${one![differs]} and ${other![differs]}`);
}
