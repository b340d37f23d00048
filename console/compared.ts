import type { ComparedRuns, WholeRun } from '../contracts/experiments.ts';

/** Runs beside one another: what differs, the axes that they are drawn along, and their colours. Pure. */

type Value = number | string;

export interface ComparedRow {
  readonly kind: 'param' | 'metric' | 'tag';
  readonly name: string;
  /** In the order of the runs; undefined where one has none */
  readonly values: readonly (Value | undefined)[];
  readonly differs: boolean;
  /** The place of the one that is ahead of the rest, where it is known which way that is */
  readonly best: number | undefined;
}

/** Every parameter, metric and tag that one of the runs has, by name; parameters first. */
export function rowsOf({ runs, better }: ComparedRuns): ComparedRow[] {
  const rows = (kind: ComparedRow['kind'], of: (run: WholeRun) => Readonly<Record<string, Value>>): ComparedRow[] => {
    const values = runs.map(of);
    const names = [...new Set(values.flatMap(Object.keys))].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return names.map((name) => {
      const own = values.map((one) => (Object.hasOwn(one, name) ? one[name] : undefined));
      return { kind, name, values: own, differs: new Set(own).size > 1, best: kind === 'metric' ? bestOf(own, better[name]) : undefined };
    });
  };
  return [...rows('param', ({ params }) => params), ...rows('metric', latestOf), ...rows('tag', ({ tags }) => tags)];
}

const latestOf = ({ metrics }: WholeRun) => Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));

function bestOf(values: ComparedRow['values'], better: 'higher' | 'lower' | undefined): number | undefined {
  const gains = values.map((value) => (typeof value === 'number' && better ? (better === 'higher' ? value : -value) : -Infinity));
  const most = Math.max(...gains);
  const first = gains.indexOf(most);
  return most === -Infinity || first !== gains.lastIndexOf(most) ? undefined : first;
}

/** An axis that every run has a place on. */
export interface RunAxis {
  readonly name: string;
  readonly better: 'higher' | 'lower' | null;
  /** Of what is no number: its texts, which stand for 0, 1, 2 … */
  readonly words?: readonly string[];
  readonly values: readonly (number | null)[];
}

const NUMBER = /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Numbers as they are; texts by their places among those that there are. */
function axisOf({ name, kind, values }: ComparedRow, better: 'higher' | 'lower' | undefined): RunAxis {
  const known = values.filter((value) => value !== undefined);
  const areNumbers = known.every((value) => typeof value === 'number' || NUMBER.test(value));
  if (areNumbers || kind === 'metric')
    return { name, better: better ?? null, values: values.map((value) => (Number.isFinite(Number(value ?? NaN)) ? Number(value) : null)) };
  const words = [...new Set(known.map(String))].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return { name, better: null, words, values: values.map((value) => (value === undefined ? null : words.indexOf(String(value)))) };
}

const MOST_WORDS = 12;
const MOST_OF_KIND = 5;

/** Parameters that differ, then metrics that do: those by which models are judged before others. */
export function axesOf(rows: readonly ComparedRow[], better: ComparedRuns['better']): RunAxis[] {
  const drawn = (kind: ComparedRow['kind']) =>
    rows
      .filter((row) => row.kind === kind && row.differs && row.values.filter((value) => value !== undefined).length > 1)
      .toSorted((a, b) => Number(Object.hasOwn(better, b.name)) - Number(Object.hasOwn(better, a.name)))
      .map((row) => axisOf(row, better[row.name]))
      .filter(({ words = [] }) => words.length <= MOST_WORDS)
      .slice(0, MOST_OF_KIND);
  return [...drawn('param'), ...drawn('metric')];
}

/** What went on while a model learnt is looked at first. */
const hasLoss = (metric: string): number => Number(/loss/i.test(metric));

/** Metrics that were logged at more than one step by one of the runs, those of most runs first. */
export function curvesOf(runs: readonly WholeRun[]): string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of runs)
    for (const [name, { step }] of Object.entries(metrics)) if (step > 0) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([a, inA], [b, inB]) => hasLoss(b) - hasLoss(a) || inB - inA || a.localeCompare(b)).map(([name]) => name);
}

const COLOURS = 8;

/** How a run is drawn: one of eight colours, or, where they are more, a place between the worst and the best of an axis. */
export interface Look {
  readonly class: string;
  /** 0 to 1 */
  readonly share?: number;
}

export function looksOf(count: number, axis: RunAxis | undefined): Look[] {
  if (count <= COLOURS || axis === undefined) return Array.from({ length: count }, (_none, at) => ({ class: `colour-${at % COLOURS}` }));
  const known = axis.values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return axis.values.map((value) => {
    if (value === null) return { class: 'colour-none' };
    const share = high === low ? 0.5 : (value - low) / (high - low);
    return { class: 'colour-scaled', share: axis.better === 'lower' ? 1 - share : share };
  });
}
