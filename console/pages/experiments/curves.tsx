import { usePoll } from '../../api/usePoll.ts';
import { api } from '../../api/calls.ts';
import { Card } from '../../parts/basics.tsx';
import { Show } from '../../parts/polled.tsx';
import { StepLines } from './stepLines.tsx';
import type { Thing } from '../../parts/parallel.tsx';
import { query, setQuery } from '../../router.ts';
import { t } from './words/index.ts';

/** Shown before somebody asks for more. */
const FIRST = 4;

/** How the metrics of some runs went, one panel each. */
export function Curves({ metrics, things }: { metrics: readonly string[]; things: readonly Thing[] }) {
  if (metrics.length === 0) return null;
  const isAll = query.value.get('curves') === 'all';
  return (
    <Card
      title={t('curves.title')}
      aside={
        metrics.length > FIRST && (
          <button type="button" class="quiet small" onClick={() => setQuery({ curves: isAll ? undefined : 'all' })}>
            {isAll ? t('curves.fewer') : t('curves.all', { count: metrics.length })}
          </button>
        )
      }
    >
      <div class="curve-grid">
        {(isAll ? metrics : metrics.slice(0, FIRST)).map((metric) => (
          <CurveOf key={metric} metric={metric} things={things} isAsked={isAll} />
        ))}
      </div>
    </Card>
  );
}

/** @param isAsked whether it is shown even where each run has one value of it alone */
function CurveOf({ metric, things, isAsked }: { metric: string; things: readonly Thing[]; isAsked: boolean }) {
  const runs = things.map(({ key }) => key).join(',');
  const polled = usePoll((signal) => api.experiments.curves({ query: { runs, metric }, signal }), `${metric} ${runs}`, 0);
  const hasOnePointEach = polled.data?.curves.every(({ points }) => points.length < 2);
  if (hasOnePointEach && !isAsked) return null;
  return (
    <section class="curve-panel">
      <h3>{metric}</h3>
      <Show of={polled}>
        {({ curves }) => {
          const lines = curves.flatMap(({ run_id: id, points }) => {
            const thing = things.find(({ key }) => key === id);
            const known = points.filter((point): point is [number, number] => typeof point[1] === 'number');
            return thing && known.length > 0 ? [{ ...thing, points: known }] : [];
          });
          return lines.length === 0 ? <p class="muted pad">{t('monitoring.noPoints')}</p> : <StepLines lines={lines} label={metric} />;
        }}
      </Show>
    </section>
  );
}
