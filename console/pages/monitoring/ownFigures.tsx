import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Figure } from '../../../contracts/monitoring.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { rateBetween, type Line, type Sample } from '../../chart.ts';
import { Card } from '../../parts/basics.tsx';
import { Lines } from '../../parts/lines.tsx';
import { Show } from '../../parts/polled.tsx';
import { t } from './words/index.ts';

const EVERY_MS = 3_000;
/** A quarter of an hour; a page left open for a day keeps no more. */
const KEPT = 300;
const STEP_S = EVERY_MS / 1_000;

type Look = { readonly at: number } & Readonly<Partial<Record<Figure, number>>>;

/** What the API measures of itself, drawn from when the page was opened: nobody keeps it. */
export function OwnFigures({ children }: { children: ComponentChildren }) {
  const [looks, setLooks] = useState<readonly Look[]>([]);
  const polled = usePoll((signal) => api.monitoring.figures({ signal }), 'figures', EVERY_MS);
  const { data } = polled;
  useEffect(() => {
    if (data) setLooks((before) => [...before, { at: Date.parse(data.at) / 1_000, ...data.figures }].slice(-KEPT));
  }, [data]);
  return (
    <>
      <Card>{children}</Card>
      <Show of={polled}>{() => looks.length > 0 && <Drawn looks={looks} />}</Show>
    </>
  );
}

const Drawn = ({ looks }: { looks: readonly Look[] }) => (
  <div class="panel-grid">
    {PANELS.map(([word, unit, lines]) => {
      const until = looks.at(-1)!.at;
      return (
        <Card key={word} title={t(word)}>
          <Lines
            label={t(word)}
            unit={unit}
            stepS={STEP_S}
            span={{ from: Math.min(looks[0]!.at, until - LEAST_SPAN_S), until }}
            lines={lines(looks)}
          />
        </Card>
      );
    })}
  </div>
);
const LEAST_SPAN_S = 60;

const line = (name: string, looks: readonly Look[], read: (look: Look) => number | undefined): Line => ({
  name,
  points: looks.flatMap((look): Sample[] => {
    const value = read(look);
    return value === undefined || !Number.isFinite(value) ? [] : [[look.at, value]];
  }),
});

/** Of a total: how fast it grew between two looks. */
function rates(name: string, looks: readonly Look[], figure: Figure): Line {
  const { points } = line(name, looks, (look) => look[figure]);
  return { name, points: points.slice(1).map((point, nth): Sample => [point[0], rateBetween(points[nth]!, point)]) };
}

const share = (part: number | undefined, whole: number | undefined) => (part === undefined || !whole ? undefined : part / whole);

const PANELS = [
  [
    'own.requests',
    'reqps',
    (looks: readonly Look[]) => [rates(t('own.answered'), looks, 'requests_total'), rates(t('own.faults'), looks, 'faults_total')],
  ],
  ['own.cpu', 'percent', (looks: readonly Look[]) => [line(t('own.busy'), looks, ({ cpu_percent: busy }) => busy)]],
  [
    'own.memory',
    'percentunit',
    (looks: readonly Look[]) => [
      line(t('own.ofMemory'), looks, ({ memory_used_bytes: used, memory_size_bytes: size }) => share(used, size)),
      line(t('own.ofDisk'), looks, ({ disk_free_bytes: free, disk_size_bytes: size }) =>
        share(size === undefined || free === undefined ? undefined : size - free, size),
      ),
    ],
  ],
  ['own.process', 'bytes', (looks: readonly Look[]) => [line('api', looks, ({ process_memory_bytes: bytes }) => bytes)]],
  [
    'own.database',
    undefined,
    (looks: readonly Look[]) => [
      line(t('own.active'), looks, ({ connections_active: count }) => count),
      line(t('own.idle'), looks, ({ connections_idle: count }) => count),
      line(t('own.waiting'), looks, ({ requests_waiting: count }) => count),
    ],
  ],
] as const;
