import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Empty, Link, Num, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Name } from '../../parts/name.tsx';
import { StartLink } from '../../parts/startLink.tsx';
import { query, setQuery } from '../../router.ts';
import { LineageCard } from './lineage.tsx';
import { Materializations } from './materializations.tsx';
import { named, t } from './words/index.ts';

const EVERY_MS = 30_000;

/** What is defined, how fresh it is, and the values of whom one asks for. */
export function Features() {
  const views = usePoll((signal) => api.features.views({ signal }), 'views', EVERY_MS);
  return (
    <Page
      title={t('nav.features')}
      lead={t('features.lead')}
      actions={<StartLink workflow="featureMaterialization">{t('features.materialize')}</StartLink>}
    >
      <Values />
      <Card title={t('features.views')}>
        <Show of={views}>
          {({ views: all }) =>
            all.length === 0 ? (
              <Empty title={t('features.none')}>
                <p>{t('features.noneNext')}</p>
                <Command of={['features', 'apply']} />
              </Empty>
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
                          <Name of={name} />
                        </Link>
                      </td>
                      <td>{entity ? named('viewOf', entity) : '–'}</td>
                      <td class="nowrap">{named('viewKind', kind)}</td>
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
      <LineageCard />
      <Services />
      <Materializations />
    </Page>
  );
}

/** Which features each model reads. */
function Services() {
  const services = usePoll((signal) => api.features.services({ signal }), 'services', EVERY_MS);
  const chosen = query.value.get('service');
  return (
    <Card title={t('features.services')}>
      <Show of={services}>
        {({ services: all }) =>
          all.length === 0 ? (
            <Empty title={t('features.noServices')} />
          ) : (
            <>
              <Table
                label={t('features.services')}
                columns={[t('features.service'), t('nav.features'), { title: t('features.says'), class: 'wide' }]}
              >
                {all.map(({ name, features, description }) => (
                  <tr key={name} {...(name === chosen && { class: 'chosen' })}>
                    <td class="strong break">
                      <Name of={name} />
                    </td>
                    <td class="mono break">
                      {features.map((feature, at) => (
                        <Fragment key={feature}>
                          <Name of={at < features.length - 1 ? `${feature},` : feature} />{' '}
                        </Fragment>
                      ))}
                    </td>
                    <td class="wide">{description}</td>
                  </tr>
                ))}
              </Table>
              <footer class="card-foot">
                <Command of={['features', 'services']} />
              </footer>
            </>
          )
        }
      </Show>
    </Card>
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
                  <Name of={name} />
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
