import type { BuiltPanel } from '../../api/built.ts';
import { measuredText } from '../../format.ts';
import { Card, Link } from '../../parts/basics.tsx';
import { Fault, Show } from '../../parts/polled.tsx';
import { Graph, useGraph } from '../../parts/promqlGraph.tsx';
import { language } from '../../settings.ts';
import { named, t } from './words/index.ts';

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
