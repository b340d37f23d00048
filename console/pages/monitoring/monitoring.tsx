import { useEffect, useState } from 'preact/hooks';
import type { Watched } from '../../../contracts/monitoring.ts';
import { panels } from '../../api/built.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Empty, Page, State } from '../../parts/basics.tsx';
import { OwnFigures } from './ownFigures.tsx';
import { GraphPanel, StatPanel } from './panels.tsx';
import { Graph, useGraph } from '../../parts/promqlGraph.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Without } from '../../parts/withoutPrometheus.tsx';
import { query, setQuery } from '../../router.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 10_000;
const TABS = [
  ['/monitoring', 'monitoring.overview'],
  ['/monitoring/query', 'monitoring.query'],
] as const;
/** In minutes */
const SPANS = ['15', '60', '360', '1440', '10080'] as const;
const USUAL_SPAN = '60';

const spanIn = () => Number(SPANS.find((span) => span === query.value.get('minutes')) ?? USUAL_SPAN);

const SpanChooser = () => (
  <label>
    {t('monitoring.span')}
    <select value={String(spanIn())} onChange={(event) => setQuery({ minutes: event.currentTarget.value })}>
      {SPANS.map((span) => (
        <option key={span} value={span}>
          {t(`span.${span}`)}
        </option>
      ))}
    </select>
  </label>
);

const useWatched = () => usePoll((signal) => api.monitoring.watched({ signal }), 'watched', EVERY_MS);

/** Whether all is well, at a glance: alerts, the panels of the overview, and who is watched. */
export function Monitoring() {
  const watched = useWatched();
  return (
    <Page title={t('nav.monitoring')} lead={t('monitoring.lead')}>
      <Tabs of={TABS} say={t} />
      <Show of={watched}>
        {(seen) =>
          seen.prometheus ? (
            <>
              <ul class="stats" aria-label={named('panel', panels[0]!.row)}>
                {panels.map((panel) => panel.kind === 'stat' && <StatPanel key={panel.title} of={panel} />)}
              </ul>
              <Alerts of={seen} />
              <div class="filters">
                <SpanChooser />
              </div>
              <Graphs />
              <Targets of={seen} />
            </>
          ) : (
            <OwnFigures>
              <Without says={t('monitoring.withoutNext')} />
            </OwnFigures>
          )
        }
      </Show>
    </Page>
  );
}

const ROWS = [...new Set(panels.flatMap(({ kind, row }) => (kind === 'stat' ? [] : [row])))];

const Graphs = () => (
  <>
    {ROWS.map((row) => (
      <section key={row} class="panels" aria-label={named('panel', row)}>
        <h2>{named('panel', row)}</h2>
        <div class="panel-grid">
          {panels.map(
            (panel) => panel.kind !== 'stat' && panel.row === row && <GraphPanel key={panel.title} of={panel} minutes={spanIn()} />,
          )}
        </div>
      </section>
    ))}
  </>
);

const Alerts = ({ of: { alerts } }: { of: Watched }) => (
  <Card title={t('monitoring.alerts')}>
    {alerts.length === 0 ? (
      <Empty title={t('monitoring.noAlerts')} />
    ) : (
      <Table
        label={t('monitoring.alerts')}
        columns={[t('monitoring.alert'), t('runs.state'), { title: t('monitoring.says'), class: 'wide' }, t('monitoring.since')]}
      >
        {alerts.map(({ alert, severity, state, summary, since, labels }) => (
          <tr key={JSON.stringify(labels)}>
            <td class="strong break">
              {alert}
              {severity && <p class="row-note">{severity}</p>}
            </td>
            <td>
              <State of={state} label={named('alert', state)} />
            </td>
            <td class="wide">{summary}</td>
            <td class="nowrap">
              <Ago at={since} />
            </td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

const Targets = ({ of: { targets } }: { of: Watched }) => (
  <Card title={t('monitoring.targets')}>
    <Table
      label={t('monitoring.targets')}
      columns={[t('monitoring.target'), t('runs.state'), { title: t('monitoring.address'), class: 'wide' }, t('monitoring.scraped')]}
    >
      {targets.map(({ job, service, address, state, error, scraped_at: scraped }) => (
        <tr key={`${job} ${address}`}>
          <td class="strong">
            {service ?? job}
            {error && <p class="row-note bad">{error}</p>}
          </td>
          <td>
            <State of={state} label={named('target', state)} />
          </td>
          <td class="wide mono">{address}</td>
          <td class="nowrap">
            <Ago at={scraped} />
          </td>
        </tr>
      ))}
    </Table>
  </Card>
);

/** Any expression of Prometheus's language as a graph. */
export function MonitoringQuery() {
  const asked = query.value.get('q') ?? '';
  const watched = useWatched();
  const [typed, setTyped] = useState(asked);
  useEffect(() => setTyped(asked), [asked]);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setQuery({ q: typed.trim() });
  };
  return (
    <Page title={t('monitoring.query')} lead={t('monitoring.queryLead')}>
      <Tabs of={TABS} say={t} />
      <Show of={watched}>
        {({ prometheus }) =>
          prometheus ? (
            <>
              <form class="filters" onSubmit={onSubmit}>
                <label class="grow">
                  {t('monitoring.expression')}
                  <input
                    class="mono"
                    value={typed}
                    maxLength={4_000}
                    spellcheck={false}
                    placeholder="sum by (service) (rate(http_requests_total[$__rate_interval]))"
                    onInput={(event) => setTyped(event.currentTarget.value)}
                  />
                </label>
                <button type="submit" class="primary">
                  {t('monitoring.draw')}
                </button>
                <SpanChooser />
              </form>
              {asked === '' ? <Examples /> : <Answer key={asked} expr={asked} />}
            </>
          ) : (
            <Card>
              <Without says={t('monitoring.withoutNext')} />
            </Card>
          )
        }
      </Show>
    </Page>
  );
}

function Answer({ expr }: { expr: string }) {
  const polled = useGraph([[expr, undefined]], spanIn());
  return (
    <Card title={t('monitoring.answer')}>
      <Show of={polled}>{(answer) => <Graph of={answer} label={expr} />}</Show>
    </Card>
  );
}

/** What the panels ask, to begin with. */
const Examples = () => (
  <Card title={t('monitoring.examples')}>
    <ul class="examples">
      {panels.map(({ title, kind, queries: [first] }) => (
        <li key={`${kind} ${title}`}>
          <button type="button" class="quiet" onClick={() => setQuery({ q: first![0] })}>
            {named('panel', title)}
          </button>
        </li>
      ))}
    </ul>
  </Card>
);
