import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Facts, Link, Num, Page, State, Verdict } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Name } from '../../parts/name.tsx';
import { Distribution } from './distribution.tsx';
import { Materializations } from './materializations.tsx';
import { named, t } from './words/index.ts';

const EVERY_MS = 30_000;

/** One view: its features with how good their values are, and what they are made by. */
export function ViewPage({ name }: { name: string }) {
  const view = usePoll((signal) => api.features.view({ params: { name }, signal }), name, 0);
  const report = usePoll((signal) => api.features.report({ signal }), 'report', EVERY_MS);
  const own = report.data?.views.find((one) => one.view === name);
  return (
    <Page
      title={name}
      lead={
        <Link to="/features" class="back">
          {t('features.back')}
        </Link>
      }
    >
      <Show of={view}>
        {(defined) => (
          <>
            <p class="lead">{defined.description}</p>
            <Card>
              <Facts
                of={[
                  [t('features.entity'), defined.entity ? named('viewOf', defined.entity) : '–'],
                  [t('features.kind'), named('viewKind', defined.kind)],
                  [t('features.owner'), defined.owner],
                  [t('features.rows'), <Num of={own?.rows} />],
                  [t('features.fresh'), <Ago at={own?.newest_event} />],
                  [t('features.computed'), <Ago at={own?.computed_to} />],
                ]}
              />
              <footer class="card-foot">
                <Command of={['features', 'describe', name]} />
              </footer>
            </Card>
            <Card title={t('nav.features')}>
              <Table
                label={t('nav.features')}
                columns={[
                  t('features.feature'),
                  t('features.type'),
                  { title: t('features.nulls'), class: 'right' },
                  { title: t('features.range'), class: 'right wide' },
                  t('features.rule'),
                  { title: t('features.says'), class: 'wide' },
                ]}
              >
                {defined.features.map(({ name: feature, type, description, rule }) => {
                  const found = own?.features.find((one) => one.feature === feature);
                  return (
                    <tr key={feature}>
                      <td class="strong break">
                        <Name of={feature} />
                      </td>
                      <td class="mono">{type}</td>
                      <td class="right">
                        <Num of={found?.null_rate} />
                      </td>
                      <td class="right wide nowrap">
                        {found && found.min !== null ? `${boundText(found.min)} … ${boundText(found.max)}` : '–'}
                      </td>
                      <td>
                        {found && found.broken.length > 0 ? (
                          <Broken of={found.broken} />
                        ) : rule && found ? (
                          <State of="ok" />
                        ) : (
                          <span class="muted">–</span>
                        )}
                      </td>
                      <td class="wide">{description}</td>
                    </tr>
                  );
                })}
              </Table>
            </Card>
            {defined.kind !== 'on_demand' && <Distribution view={name} />}
            <Materializations view={name} />
            {defined.source_sql && (
              <details class="card fold">
                <summary>{t('features.sql')}</summary>
                <pre class="json" tabIndex={0} role="region" aria-label={t('features.sql')}>
                  {defined.source_sql}
                </pre>
              </details>
            )}
          </>
        )}
      </Show>
    </Page>
  );
}

const Broken = ({ of }: { of: readonly string[] }) => (
  <>
    <Verdict passed={false} />
    {of.map((words) => (
      <p key={words} class="row-note">
        {words}
      </p>
    ))}
  </>
);

const boundText = (bound: number | string | null) => (typeof bound === 'number' ? String(Number(bound.toPrecision(4))) : (bound ?? '–'));
