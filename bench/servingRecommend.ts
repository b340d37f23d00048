import { cpus } from 'node:os';
import { printTable, printVerdict } from './figures.ts';
import { askedOf, K, type ServingData } from './servingData.ts';
import { BESIDE, cellsOf, CONNECTIONS, FIGURES, rowsBeside, startFastest, times, type Timing } from './servingFigures.ts';
import { loadInTurns, type LoadFigures } from './servingLoad.ts';
import { firstDifference, type Recommended } from './servingSame.ts';
import { startFastApi, startOurs, type Spread } from './servingServers.ts';
import type { Keep, MeasuredServer } from './servers.ts';

/** Users of whom both sides are asked before anything is timed. */
const COMPARED = 25;
const AIMED = { timesStraightforward: 5, timesOptimised: 1, leastOfOptimised: 0.8, kindPerSecond: 300 };
const ALL_THREADS: Spread = { workers: 1, threads: cpus().length };

/** Recommendations by neural_cf, beside two servers of FastAPI and PyTorch with the same weights. */
export async function measureRecommend(data: ServingData, connections: readonly number[], timing: Timing, keep: Keep): Promise<void> {
  const ours = keep(await startOurs(data));
  const fastest = (way: 'straightforward' | 'optimised', spreads: readonly Spread[]) =>
    startFastest(waysOf(data, way, spreads, keep), (server) => askedOf(server, data), timing);
  const { server: straightforward, name } = await fastest('straightforward', [ALL_THREADS, { workers: 1, threads: 1 }]);
  const { server: optimised, name: optimisedName } = await fastest('optimised', [ALL_THREADS, { workers: cpus().length, threads: 1 }]);
  const servers = { ours, straightforward, optimised };
  await expectSame(data, servers);
  const asked = {
    ours: askedOf(ours, data, { route: 'neural_cf' }),
    straightforward: askedOf(straightforward, data),
    optimised: askedOf(optimised, data),
  };
  const rows: string[][] = [];
  for (const count of connections) {
    const figures = await loadInTurns(asked, { ...timing, connections: count });
    rows.push(...rowsBeside(`${count} ${count === 1 ? 'connection' : 'connections'}`, figures));
    if (count === CONNECTIONS) judge(figures);
  }
  const { movies, users, seenPerUser } = data;
  console.log(
    `\nneural_cf, ${movies} movies, ${users.length} users with ${seenPerUser} seen; processes x threads: ${name}, ${optimisedName}`,
  );
  printTable(['', ...BESIDE], rows);
  await Promise.all(Object.values(servers).map((server) => server.stop()));
}

function judge({ ours, straightforward, optimised }: Record<'ours' | 'straightforward' | 'optimised', LoadFigures>): void {
  const { timesStraightforward, timesOptimised, leastOfOptimised } = AIMED;
  const at = `at ${CONNECTIONS} connections`;
  const [rate, p99, besideOptimised] = [
    ours.perSecond / straightforward.perSecond,
    straightforward.p99 / ours.p99,
    ours.perSecond / optimised.perSecond,
  ];
  printVerdict(rate >= timesStraightforward, `${timesStraightforward} times the straightforward server's rate ${at}`, times(rate));
  printVerdict(p99 >= timesStraightforward, `a fifth of its p99`, times(p99));
  printVerdict(besideOptimised >= timesOptimised, `the optimised server's rate ${at}`, times(besideOptimised));
  printVerdict(besideOptimised >= leastOfOptimised, `${leastOfOptimised} times that at the least`, times(besideOptimised));
}

const waysOf = (data: ServingData, way: 'straightforward' | 'optimised', spreads: readonly Spread[], keep: Keep) =>
  spreads.map((spread) => ({
    name: `${way} by ${spread.workers} x ${spread.threads}`,
    start: async () => keep(await startFastApi(data, way, spread)),
  }));

/** @throws Error where a server recommends somebody other movies than ours does */
async function expectSame(data: ServingData, servers: Readonly<Record<string, MeasuredServer>>): Promise<void> {
  const step = Math.max(1, Math.floor(data.users.length / COMPARED));
  for (let at = 0; at < data.users.length; at += step) {
    const user_id = data.users[at]!;
    const answerOf = async (name: string) => {
      const body = JSON.stringify({ user_id, k: K, ...(name === 'ours' && { route: 'neural_cf' }) });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${servers[name]!.url}/recommend`, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(`${name} answers ${answer.status}: ${await answer.text()}`);
      return ((await answer.json()) as { recommendations: Recommended[] }).recommendations;
    };
    const expected = await answerOf('ours');
    for (const name of Object.keys(servers)) {
      const differs = firstDifference(expected, await answerOf(name));
      if (differs) throw new Error(`user ${user_id}: ours and ${name} recommend different movies: ${differs}`);
    }
  }
}

/** What each kind answers from what somebody chose, in the default k, without a peer. */
export async function measureKinds(data: ServingData, kinds: readonly string[], timing: Timing, keep: Keep): Promise<void> {
  const ours = keep(await startOurs(data));
  const rows: string[][] = [];
  for (const kind of kinds) {
    const { it } = await loadInTurns({ it: askedOf(ours, data, { route: kind }) }, { ...timing, connections: CONNECTIONS });
    rows.push([kind, ...cellsOf(it)]);
    printVerdict(
      it.perSecond >= AIMED.kindPerSecond,
      `${kind} answers ${AIMED.kindPerSecond}/s over ${CONNECTIONS} connections`,
      `${it.perSecond.toFixed(0)}/s`,
    );
  }
  console.log(`\n${data.movies} movies, ${data.users.length} users with ${data.seenPerUser} seen, ${CONNECTIONS} connections`);
  printTable(['', ...FIGURES], rows);
  await ours.stop();
}
