import { cpus } from 'node:os';
import { printTable, printVerdict } from './figures.ts';
import type { ServingData } from './servingData.ts';
import { loadInTurns, type Asked, type LoadFigures, type Rounds } from './servingLoad.ts';
import { firstDifference, type Recommended } from './servingSame.ts';
import { startFastApi, startOurs, type Spread } from './servingServers.ts';
import type { MeasuredServer } from './servers.ts';

export const K = 10;
const CONNECTIONS = 8;
/** Users of whom both sides are asked before anything is timed. */
const COMPARED = 25;
const AIMED = { timesStraightforward: 5, timesOptimised: 1, leastOfOptimised: 0.8, kindPerSecond: 300 };

type Timing = Omit<Rounds, 'connections'>;
/** Those that are started, ended when the run ends. */
export type Keep = <Server extends MeasuredServer>(server: Server) => Server;

export const askedOf = (server: MeasuredServer, { users }: ServingData, more: object = {}): Asked => ({
  server,
  path: '/recommend',
  bodies: users.map((user_id) => JSON.stringify({ user_id, k: K, ...more })),
});

/** Recommendations by neural_cf, beside two servers of FastAPI and PyTorch with the same weights. */
export async function measureRecommend(data: ServingData, connections: readonly number[], timing: Timing, keep: Keep): Promise<void> {
  const ours = keep(await startOurs(data));
  const straightforward = keep(await startFastApi(data, 'straightforward', { workers: 1, threads: cpus().length }));
  const { server: optimised, spread } = await fastestSpread(data, timing, keep);
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
    for (const name of ['ours', 'straightforward', 'optimised'] as const) {
      const others =
        name === 'ours' ? ['', ''] : [times(figures.ours.perSecond / figures[name].perSecond), times(figures[name].p99 / figures.ours.p99)];
      rows.push([`${count} ${count === 1 ? 'connection' : 'connections'}, ${name}`, ...cellsOf(figures[name]), ...others]);
      console.error(rows.at(-1)!.join('  '));
    }
    if (count === CONNECTIONS) judge(figures);
  }
  const { movies, users, seenPerUser } = data;
  console.log(
    `\nneural_cf, ${movies} movies, ${users.length} users with ${seenPerUser} seen; optimised by ${spread.workers} processes of ${spread.threads} threads`,
  );
  printTable(['', ...FIGURES, 'ours: rate', 'p99'], rows);
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

/** One process with all threads, or one for each core with a thread each: whichever answers more. */
async function fastestSpread(data: ServingData, timing: Timing, keep: Keep): Promise<{ server: MeasuredServer; spread: Spread }> {
  const spreads: readonly Spread[] = [
    { workers: 1, threads: cpus().length },
    { workers: cpus().length, threads: 1 },
  ];
  const tried = [];
  for (const spread of spreads) {
    const server = keep(await startFastApi(data, 'optimised', spread));
    const { it } = await loadInTurns({ it: askedOf(server, data) }, { ...timing, rounds: 1, connections: CONNECTIONS });
    console.error(`optimised by ${spread.workers} processes of ${spread.threads} threads: ${it.perSecond.toFixed(0)}/s`);
    tried.push({ server, spread, perSecond: it.perSecond });
  }
  tried.sort((a, b) => b.perSecond - a.perSecond);
  for (const { server } of tried.slice(1)) await server.stop();
  return tried[0]!;
}

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

export const FIGURES = ['answers/s', 'p50 ms', 'p99 ms', 'failed', 'server: CPU ms', 'Postgres: CPU ms'];
export const cellsOf = ({ perSecond, p50, p99, failed, serverMs, postgresMs }: LoadFigures): string[] => [
  perSecond.toFixed(0),
  ...[p50, p99].map((value) => value.toFixed(1)),
  String(failed),
  ...[serverMs, postgresMs].map((value) => value.toFixed(2)),
];
export const times = (ratio: number) => `${ratio.toFixed(2)}×`;
