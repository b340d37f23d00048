import { api } from '../api/calls.ts';
import { usePoll, type Polled } from '../api/usePoll.ts';
import { nameOf, type Line } from '../chart.ts';
import { Lines } from './lines.tsx';

const EVERY_MS = 15_000;

interface Answer {
  readonly from: string;
  readonly until: string;
  readonly step_s: number;
  readonly lines: readonly Line[];
}

const secondsOf = (iso: string) => Date.parse(iso) / 1_000;

/** An expression's lines, asked for again and again. @param legend what each is called; all of its labels when missing */
export function useGraph(queries: readonly (readonly [expr: string, legend: string | undefined])[], minutes: number): Polled<Answer> {
  const key = `${minutes}|${queries.map(([expr]) => expr).join('|')}`;
  return usePoll(
    async (signal) => {
      const answers = await Promise.all(queries.map(([query]) => api.monitoring.graph({ query: { query, minutes }, signal })));
      const lines = answers.flatMap(({ series }, nth) =>
        series.map(({ labels, points }) => ({ name: nameOf(labels, queries[nth]![1]), points })),
      );
      const { from, until, step_s } = answers[0]!;
      return { from, until, step_s, lines };
    },
    key,
    EVERY_MS,
  );
}

/** What an answer has in it, drawn. */
export const Graph = ({ of: { from, until, step_s, lines }, unit, label }: { of: Answer; unit?: string | undefined; label: string }) => (
  <Lines lines={lines} span={{ from: secondsOf(from), until: secondsOf(until) }} stepS={step_s} unit={unit} label={label} />
);
