import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card } from '../../parts/basics.tsx';
import { Graph, useGraph } from '../../parts/promqlGraph.tsx';
import { Show } from '../../parts/polled.tsx';
import { Without } from '../../parts/withoutPrometheus.tsx';
import { t } from './words/index.ts';

const MINUTES = 60;
const WATCHED_EVERY_MS = 60_000;

type Query = readonly [expr: string, legend: string];

const rateOf = (metric: string, by: string) => `sum by (${by}) (rate(${metric}[$__rate_interval]))`;

/** What the model server measures of each route. */
const PANELS: readonly (readonly [title: Parameters<typeof t>[0], unit: string, queries: readonly Query[]])[] = [
  ['figures.answers', 'reqps', [[rateOf('model_predictions_total{service="serving"}', 'route'), '{{route}}']]],
  ['figures.time', 's', [[`histogram_quantile(0.95, ${rateOf('model_prediction_duration_seconds_bucket', 'le, route')})`, '{{route}}']]],
  [
    'figures.faults',
    'reqps',
    [
      [rateOf('model_faults_total', 'route, variant'), '{{route}} {{variant}}'],
      [rateOf('http_requests_total{service="serving", status=~"5.."}', 'status'), '{{status}}'],
    ],
  ],
];

/** How much each route answers, how fast, and what went wrong, in the last hour. */
export function RouteFigures() {
  const watched = usePoll((signal) => api.monitoring.watched({ signal }), 'watched', WATCHED_EVERY_MS);
  return (
    <Show of={watched}>
      {({ prometheus }) =>
        prometheus ? (
          <div class="panel-grid">
            {PANELS.map(([title, unit, queries]) => (
              <Figure key={title} title={t(title)} unit={unit} queries={queries} />
            ))}
          </div>
        ) : (
          <Card title={t('figures.time')}>
            <Without says={t('figures.without')} />
          </Card>
        )
      }
    </Show>
  );
}

function Figure({ title, unit, queries }: { title: string; unit: string; queries: readonly Query[] }) {
  const polled = useGraph(queries, MINUTES);
  return (
    <Card title={title}>
      <Show of={polled}>{(answer) => <Graph of={answer} unit={unit} label={title} />}</Show>
    </Card>
  );
}
