import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cpuSecondsOf } from './cpuTime.ts';
import { quantile } from './figures.ts';
import type { MeasuredServer } from './servers.ts';

/** What one server is asked, by a process of its own. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Each connection goes through them in turn, from another place each. */
  readonly bodies: readonly string[];
}

export interface LoadResult {
  /** When each answer had come, in milliseconds since the epoch, and how many milliseconds it took. */
  readonly answers: readonly (readonly [at: number, took: number])[];
  /** Answers other than 2xx, broken connections, time-outs. */
  readonly failed: number;
  readonly seconds: number;
}

/** Asks for so long. @throws Error where the asking process ends without figures */
export async function runLoad(load: Load): Promise<LoadResult> {
  const child = fork(path.join(import.meta.dirname, 'servingLoadProcess.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that asks ended with ${code}`);
  });
  child.send(load);
  const result = await Promise.race([once(child, 'message').then(([given]) => given as LoadResult), ended]);
  await ended.catch(() => undefined);
  return result;
}

/** A server and what it is asked at one of its paths. */
export interface Asked {
  readonly server: MeasuredServer;
  readonly path: string;
  readonly bodies: readonly string[];
}

export interface LoadFigures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  /** Milliseconds of processor an answer: of the server's processes, and of Postgres. */
  readonly serverMs: number;
  readonly postgresMs: number;
}

export interface Rounds {
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly postgresPid: number;
  /** Done after each turn, outside of what is measured: takes away what the turn left */
  readonly afterTurn?: () => Promise<void>;
}

/** What one turn of a server brought, with seconds of processor. */
interface Turn extends LoadResult {
  readonly serverS: number;
  readonly postgresS: number;
}

/** Asks each server in turn, round after round, so that what else the machine does falls on all alike. */
export async function loadInTurns<Name extends string>(
  asked: Readonly<Record<Name, Asked>>,
  rounds: Rounds,
): Promise<Record<Name, LoadFigures>> {
  const turns = await askInTurns(asked, rounds);
  return Object.fromEntries(Object.entries<Turn[]>(turns).map(([name, results]) => [name, figuresOf(results)])) as Record<
    Name,
    LoadFigures
  >;
}

/** The same, round by round. */
export async function askInTurns<Name extends string>(
  asked: Readonly<Record<Name, Asked>>,
  { connections, rounds, seconds, warmUpSeconds, postgresPid, afterTurn }: Rounds,
): Promise<Record<Name, Turn[]>> {
  const names = Object.keys(asked) as Name[];
  const results = new Map<Name, Turn[]>(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      const { server, path: place, bodies } = asked[name];
      const before = [cpuSecondsOf(server.pid), cpuSecondsOf(postgresPid)] as const;
      const isWarmUp = round === -1;
      const result = await runLoad({ url: server.url + place, connections, seconds: isWarmUp ? warmUpSeconds : seconds, bodies });
      const [serverS, postgresS] = [cpuSecondsOf(server.pid) - before[0], cpuSecondsOf(postgresPid) - before[1]];
      if (!isWarmUp) results.get(name)!.push({ ...result, serverS, postgresS });
      await afterTurn?.();
    }
  }
  return Object.fromEntries(results) as Record<Name, Turn[]>;
}

export function figuresOf(rounds: readonly Turn[]): LoadFigures {
  const times = rounds.flatMap(({ answers }) => answers.map(([, took]) => took));
  const sum = (of: (round: (typeof rounds)[number]) => number) => rounds.reduce((total, round) => total + of(round), 0);
  return {
    perSecond: times.length / sum(({ seconds }) => seconds),
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    failed: sum(({ failed }) => failed),
    serverMs: (1_000 * sum(({ serverS }) => serverS)) / times.length,
    postgresMs: (1_000 * sum(({ postgresS }) => postgresS)) / times.length,
  };
}
