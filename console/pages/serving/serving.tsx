import { useEffect, useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { say } from '../../parts/action.tsx';
import { Card, Link, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Ranking, Thumb, type Opinion } from '../../parts/ranking.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { numberText } from '../../format.ts';
import { query, setQuery } from '../../router.ts';
import { language } from '../../settings.ts';
import { t } from '../../words/index.ts';

export const SERVING_TABS = [
  ['/serving', 'serving.try'],
  ['/serving/routes', 'serving.routes'],
  ['/serving/rollouts', 'serving.rollouts'],
  ['/serving/tests', 'serving.tests'],
  ['/serving/outcomes', 'serving.outcomes'],
] as const;

const DEFAULT_ROUTE = 'default';
/** A click is an event: it goes through Kafka before the next answer knows of it. */
const WATCHED_MS = 20_000;

/** Recommendations for anybody, which change as opinions come in; two routes side by side. */
export function TryPage() {
  const user = query.value.get('user') ?? '';
  const route = query.value.get('route') ?? DEFAULT_ROUTE;
  const other = query.value.get('other') ?? '';
  const [opinions, setOpinions] = useState<readonly (Opinion & { user: string })[]>([]);
  const [watchedUntil, setWatchedUntil] = useState(0);
  const own = opinions.filter((opinion) => opinion.user === user);
  const onOpinion = (opinion: Opinion) => {
    setOpinions((before) => [{ ...opinion, user }, ...before.filter(({ movie_id }) => movie_id !== opinion.movie_id)]);
    setWatchedUntil(Date.now() + WATCHED_MS);
    say(t(opinion.likes ? 'try.liked' : 'try.disliked', { title: opinion.title }));
  };
  return (
    <Page title={t('nav.serving')} lead={t('try.lead')}>
      <Tabs of={SERVING_TABS} />
      <Chooser user={user} route={route} other={other} />
      {own.length > 0 && (
        <Card title={t('try.opinions')}>
          <ul class="opinions">
            {own.map(({ movie_id, title, likes }) => (
              <li key={movie_id} class={likes ? 'likes' : 'dislikes'}>
                <Thumb isUp={likes} /> {title}
              </li>
            ))}
          </ul>
        </Card>
      )}
      <div class={other ? 'columns' : 'alone'}>
        {[route, ...(other ? [other] : [])].map((name) => (
          <Ranking key={`${user}|${name}`} user={user} route={name} watchedUntil={watchedUntil} opinions={own} onOpinion={onOpinion} />
        ))}
      </div>
    </Page>
  );
}

function Chooser({ user, route, other }: { user: string; route: string; other: string }) {
  const [typed, setTyped] = useState(user);
  useEffect(() => setTyped(user), [user]);
  const routes = usePoll((signal) => api.routes.list({ signal }), 'routes', 0);
  const names = routes.data?.routes.map((one) => one.route) ?? [DEFAULT_ROUTE];
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setQuery({ user: typed });
  };
  return (
    <form class="filters" onSubmit={onSubmit}>
      <label>
        {t('try.user')}
        <input value={typed} maxLength={255} placeholder={t('try.nobody')} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
      <button type="submit" class="primary">
        {t('try.show')}
      </button>
      <button type="button" onClick={() => setQuery({ user: `guest-${crypto.randomUUID().slice(0, 8)}` })}>
        {t('try.newUser')}
      </button>
      <label>
        {t('try.route')}
        <select value={route} onChange={(event) => setQuery({ route: event.currentTarget.value })}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        {t('try.beside')}
        <select value={other} onChange={(event) => setQuery({ other: event.currentTarget.value })}>
          <option value="">{t('try.alone')}</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    </form>
  );
}

const ROUTES_EVERY_MS = 5_000;

/** Which models answer, for whom. */
export function RoutesPage() {
  const routes = usePoll((signal) => api.routes.list({ signal }), 'routes', ROUTES_EVERY_MS);
  return (
    <Page title={t('serving.routes')} lead={t('routes.lead')}>
      <Tabs of={SERVING_TABS} />
      <Show of={routes}>
        {({ routes: all }) =>
          all.map((one) => {
            const whole = one.variants.reduce((sum, { weight }) => sum + weight, 0);
            return (
              <Card
                key={one.route}
                title={one.route}
                aside={
                  <Link to={`/serving?route=${one.route}`} class="button small">
                    {t('serving.try')}
                  </Link>
                }
              >
                <Table label={one.route} columns={[t('routes.variant'), t('routes.share'), t('routes.models')]}>
                  {one.variants.map(({ name, weight, models }) => (
                    <tr key={name}>
                      <td>{name}</td>
                      <td class="nowrap">
                        <span class="share">
                          <span style={{ width: `${whole === 0 ? 0 : (100 * weight) / whole}%` }} />
                        </span>{' '}
                        {numberText(whole === 0 ? 0 : Math.round((100 * weight) / whole), language.value)} %
                      </td>
                      <td class="mono">{models.join(' → ')}</td>
                    </tr>
                  ))}
                  {one.shadows.map(({ name, models }) => (
                    <tr key={name}>
                      <td>{name}</td>
                      <td class="muted">{t('routes.shadow')}</td>
                      <td class="mono">{models.join(' → ')}</td>
                    </tr>
                  ))}
                </Table>
                <footer class="card-foot">
                  <Command of={['routes', 'history', one.route]} />
                </footer>
              </Card>
            );
          })
        }
      </Show>
    </Page>
  );
}
