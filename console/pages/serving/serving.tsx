import { useEffect, useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { say } from '../../parts/action.tsx';
import { Card, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Ranking, Thumb, type Opinion } from './ranking.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { SERVING_TABS } from './tabs.ts';
import { t } from './words/index.ts';

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
      <Tabs of={SERVING_TABS} say={t} />
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
          <footer class="card-foot">
            <Command of={['events', 'send', user, own[0]!.movie_id, '--type', own[0]!.likes ? 'like' : 'dislike']} />
          </footer>
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
    setQuery({ user: typed.trim() });
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
