import type { BuiltPanel } from '../api/built.ts';
import { api } from '../api/calls.ts';
import { usePoll, type Polled } from '../api/usePoll.ts';
import { nameOf, type Line } from '../chart.ts';
import { measuredText } from '../format.ts';
import { language } from '../settings.ts';
import { named, t } from '../words/index.ts';
import { Card, Link } from './basics.tsx';
import { Lines } from './lines.tsx';
import { Fault, Show } from './polled.tsx';

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

/** Lines of a panel of the dashboard. */
export function GraphPanel({ of: { title, unit, queries }, minutes }: { of: BuiltPanel; minutes: number }) {
  const polled = useGraph(queries, minutes);
  const label = named('panel', title);
  return (
    <Card
      title={label}
      aside={
        <Link to={queryPath(queries[0]![0], minutes)} class="quiet small" label={`PromQL: ${label}`}>
          PromQL
        </Link>
      }
    >
      <Show of={polled}>{(answer) => <Graph of={answer} unit={unit} label={label} />}</Show>
    </Card>
  );
}

const queryPath = (expr: string, minutes: number): string =>
  `/monitoring/query?${new URLSearchParams({ q: expr, minutes: String(minutes) }).toString()}`;

/** The latest value of a panel, in the colour of the bound that it is beyond. */
export function StatPanel({ of: { title, unit, queries, description, yellow, red } }: { of: BuiltPanel }) {
  const { data, error } = useGraph(queries, STAT_MINUTES);
  const value = data?.lines[0]?.points.at(-1)?.[1];
  const isBeyond = (bound: number | undefined) => value !== undefined && bound !== undefined && value >= bound;
  const tone = isBeyond(red) ? 'bad' : isBeyond(yellow) ? 'wait' : value === undefined ? 'idle' : 'ok';
  return (
    <li class="stat" title={description}>
      <span class="stat-name">{named('panel', title)}</span>
      <span class={`stat-value state ${tone}`}>
        {value === undefined ? t('monitoring.none') : measuredText(value, unit, language.value)}
      </span>
      {error !== undefined && data === undefined && <Fault of={error} />}
    </li>
  );
}
const STAT_MINUTES = 5;
