import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Empty, Facts, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { query, setQuery } from '../../router.ts';
import { t } from '../../words/index.ts';

const EVERY_MS = 30_000;

/** What is defined, how fresh it is, and the values of whom one asks for. */
export function Features() {
  const views = usePoll((signal) => api.features.views({ signal }), 'views', EVERY_MS);
  return (
    <Page
      title={t('nav.features')}
      lead={t('features.lead')}
      actions={
        <Link to="/pipelines/start/featureMaterialization" class="button primary">
          {t('features.materialize')}
        </Link>
      }
    >
      <Values />
      <Card title={t('features.views')}>
        <Show of={views}>
          {({ views: all }) =>
            all.length === 0 ? (
              <Empty title={t('features.none')} />
            ) : (
              <>
                <Table
                  label={t('features.views')}
                  columns={[
                    t('features.view'),
                    t('features.entity'),
                    t('features.kind'),
                    { title: t('nav.features'), class: 'right' },
                    { title: t('features.says'), class: 'wide' },
                  ]}
                >
                  {all.map(({ name, entity, kind, features, description }) => (
                    <tr key={name}>
                      <td>
                        <Link to={`/features/${encodeURIComponent(name)}`} class="strong break">
                          {name}
                        </Link>
                      </td>
                      <td>{entity ?? '–'}</td>
                      <td class="nowrap">{kind}</td>
                      <td class="right">
                        <Num of={features.length} />
                      </td>
                      <td class="wide">{description}</td>
                    </tr>
                  ))}
                </Table>
                <footer class="card-foot">
                  <Command of={['features', 'views']} />
                </footer>
              </>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

/** The latest values of a movie or a user. */
function Values() {
  const entity = query.value.get('entity') === 'user' ? 'user' : 'movie';
  const id = query.value.get('id') ?? '';
  const [typed, setTyped] = useState({ entity, id });
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setQuery({ entity: typed.entity, id: typed.id });
  };
  return (
    <Card title={t('features.values')}>
      <form class="filters pad" onSubmit={onSubmit}>
        <label>
          {t('features.entity')}
          <select value={typed.entity} onChange={(event) => setTyped({ ...typed, entity: event.currentTarget.value })}>
            <option value="movie">{t('data.movie')}</option>
            <option value="user">{t('data.user')}</option>
          </select>
        </label>
        <label>
          {t('features.id')}
          <input value={typed.id} placeholder="1" onInput={(event) => setTyped({ ...typed, id: event.currentTarget.value })} />
        </label>
        <button type="submit">{t('data.show')}</button>
      </form>
      {id && <ValuesOf key={`${entity}|${id}`} entity={entity} id={id} />}
    </Card>
  );
}

function ValuesOf({ entity, id }: { entity: 'movie' | 'user'; id: string }) {
  const polled = usePoll((signal) => api.features[entity]({ params: { id }, signal }), `${entity}|${id}`, EVERY_MS);
  return (
    <Show of={polled}>
      {({ features, statuses }) => (
        <>
          <Table label={t('features.values')} class="pairs">
            {Object.entries(features).map(([name, value]) => (
              <tr key={name}>
                <th scope="row" class="break">
                  {name}
                </th>
                <td class="break">{statuses[name] === 'PRESENT' ? textOf(value) : <span class="muted">{statuses[name]}</span>}</td>
              </tr>
            ))}
          </Table>
          <footer class="card-foot">
            <Command of={['features', 'get', entity, id]} />
          </footer>
        </>
      )}
    </Show>
  );
}

const textOf = (value: unknown) =>
  typeof value === 'number' ? <Num of={value} /> : typeof value === 'string' ? value : JSON.stringify(value);

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
                  [t('features.entity'), defined.entity ?? '–'],
                  [t('features.kind'), defined.kind],
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
                      <td class="strong break">{feature}</td>
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
    <State of="failed" group="gate" />
    {of.map((words) => (
      <p key={words} class="row-note">
        {words}
      </p>
    ))}
  </>
);

const boundText = (bound: number | string | null) => (typeof bound === 'number' ? String(Number(bound.toPrecision(4))) : (bound ?? '–'));
