import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Scroll } from '../../parts/basics.tsx';
import { Show } from '../../parts/polled.tsx';
import { href } from '../../router.ts';
import { lineageOf, relatedTo, type Lineage, type Thing } from './lineageShape.ts';
import { named, t } from './words/index.ts';

const WIDE = 172;
const HIGH = 44;
const BETWEEN = { x: 56, y: 12 };
const HEAD = 26;

/** Where values come from, what is made of them, and who reads it. */
export function LineageCard() {
  const polled = usePoll(
    async (signal) => {
      const [{ views }, { services }, { models }] = await Promise.all([
        api.features.views({ signal }),
        api.features.services({ signal }),
        api.models.list({ signal }),
      ]);
      return lineageOf(
        { views, services },
        models.map(({ name }) => name),
      );
    },
    'lineage',
    0,
  );
  return (
    <Card title={t('features.lineage')}>
      <Show of={polled}>{(lineage) => lineage.columns.length > 0 && <Picture of={lineage} />}</Show>
    </Card>
  );
}

type Places = ReadonlyMap<string, { readonly x: number; readonly y: number }>;

function Picture({ of: { columns, edges } }: { of: Lineage }) {
  const [pointed, setPointed] = useState<string>();
  const related = pointed === undefined ? undefined : relatedTo(pointed, edges);
  const height = HEAD + Math.max(...columns.map(({ length }) => length)) * (HIGH + BETWEEN.y) - BETWEEN.y;
  const width = columns.length * (WIDE + BETWEEN.x) - BETWEEN.x;
  const places: Places = new Map(
    columns.flatMap((column, x) => {
      const top = HEAD + (height - HEAD - column.length * (HIGH + BETWEEN.y) + BETWEEN.y) / 2;
      return column.map(({ id }, y) => [id, { x: x * (WIDE + BETWEEN.x), y: top + y * (HIGH + BETWEEN.y) }] as const);
    }),
  );
  const isFaint = (...ids: readonly string[]) => related !== undefined && !ids.every((id) => related.has(id));
  return (
    <Scroll label={t('features.lineage')}>
      <div class="graph" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
          {edges.map(([from, to]) => (
            <path
              key={`${from}>${to}`}
              d={curve(places.get(from)!, places.get(to)!)}
              class={isFaint(from, to) ? 'edge faint' : related ? 'edge strong' : 'edge'}
            />
          ))}
        </svg>
        {columns.map((column, x) => (
          <span key={column[0]!.station} class="column-head" style={{ left: `${x * (WIDE + BETWEEN.x)}px`, width: `${WIDE}px` }}>
            {t(`lineageOf.${column[0]!.station}`)}
          </span>
        ))}
        {columns.flat().map((thing) => {
          const { x, y } = places.get(thing.id)!;
          return (
            <Box
              key={thing.id}
              of={thing}
              isFaint={isFaint(thing.id)}
              style={{ left: `${x}px`, top: `${y}px`, width: `${WIDE}px`, height: `${HIGH}px` }}
              onPoint={setPointed}
            />
          );
        })}
      </div>
    </Scroll>
  );
}

function curve(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const [x1, y1, x2, y2] = [from.x + WIDE, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** Where each thing is looked at. */
const PATHS: Readonly<Record<Thing['station'], (name: string) => string>> = {
  source: () => '/data',
  view: (name) => `/features/${encodeURIComponent(name)}`,
  derived: (name) => `/features/${encodeURIComponent(name)}`,
  service: (name) => `/features?service=${encodeURIComponent(name)}`,
  model: (name) => `/models/${encodeURIComponent(name)}`,
};

interface BoxProps {
  readonly of: Thing;
  readonly isFaint: boolean;
  readonly style: Readonly<Record<string, string>>;
  readonly onPoint: (id: string | undefined) => void;
}

const Box = ({ of: { id, station, name }, isFaint, style, onPoint }: BoxProps) => (
  <a
    href={href(PATHS[station](name))}
    class={`button node ${station} ${isFaint ? 'faint' : ''}`}
    style={style}
    onPointerEnter={() => onPoint(id)}
    onPointerLeave={() => onPoint(undefined)}
    onFocus={() => onPoint(id)}
    onBlur={() => onPoint(undefined)}
  >
    <span class="node-name">{station === 'source' ? named('source', name) : name}</span>
  </a>
);
