import type { Asked, LoadFigures, Rounds } from './servingLoad.ts';
import { loadInTurns } from './servingLoad.ts';
import type { MeasuredServer } from './servers.ts';

export type Timing = Omit<Rounds, 'connections'>;
/** Of which the rates are told where several are not measured. */
export const CONNECTIONS = 8;

export const FIGURES = ['answers/s', 'p50 ms', 'p99 ms', 'failed', 'server: CPU ms', 'Postgres: CPU ms'];
export const cellsOf = ({ perSecond, p50, p99, failed, serverMs, postgresMs }: LoadFigures): string[] => [
  perSecond.toFixed(0),
  ...[p50, p99].map((value) => written(value, 1)),
  String(failed),
  ...[serverMs, postgresMs].map((value) => written(value, 2)),
];
export const times = (ratio: number) => `${written(ratio, 2)}×`;
/** A dash where nothing was answered. */
const written = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : '–');

export const BESIDE = [...FIGURES, 'ours: rate', 'p99'];
/** A row for each server, ours first, those of others with how much better ours is. */
export function rowsBeside(what: string, figures: Readonly<Record<string, LoadFigures>>): string[][] {
  const { ours, ...others } = figures;
  if (!ours) throw new Error('ours is missing');
  const beside = (other: LoadFigures) => [times(ours.perSecond / other.perSecond), times(other.p99 / ours.p99)];
  const rows = [
    [`${what}, ours`, ...cellsOf(ours), '', ''],
    ...Object.entries(others).map(([name, other]) => [`${what}, ${name}`, ...cellsOf(other), ...beside(other)]),
  ];
  for (const row of rows) console.error(row.join('  '));
  return rows;
}

/** One way to run a server. */
export interface Way {
  readonly name: string;
  readonly start: () => Promise<MeasuredServer>;
}

/** Tries ways to run the same server, so that none is measured at its worst; only the one that answers most runs on. */
export async function startFastest(ways: readonly Way[], askedOf: (server: MeasuredServer) => Asked, timing: Timing) {
  const tried = [];
  for (const { name, start } of ways) {
    const server = await start();
    const { it } = await loadInTurns({ it: askedOf(server) }, { ...timing, rounds: 1, connections: CONNECTIONS });
    console.error(`${name}: ${it.perSecond.toFixed(0)}/s`);
    tried.push({ name, server, perSecond: it.perSecond });
  }
  tried.sort((a, b) => b.perSecond - a.perSecond);
  for (const { server } of tried.slice(1)) await server.stop();
  return tried[0]!;
}
