import { useState } from 'preact/hooks';
import { runIdOf, runParamsOf } from '../../../contracts/endpoints/runAddress.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Empty, Facts, Link, Num, Page, Verdict } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Poster } from '../../parts/poster.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { StartLink } from '../../parts/startLink.tsx';
import { Table } from '../../parts/table.tsx';
import { go, query } from '../../router.ts';
import { t } from './words/index.ts';

const EVERY_MS = 10_000;

/** The sets that are here, and what the quality rules found in them. */
export function Data() {
  const sets = usePoll((signal) => api.dataSets.list({ signal }), 'sets', EVERY_MS);
  const reports = usePoll((signal) => api.quality.list({ query: { limit: 20 }, signal }), 'quality', EVERY_MS);
  return (
    <Page title={t('nav.data')} lead={t('data.lead')} actions={<StartLink workflow="dataImport">{t('data.import')}</StartLink>}>
      <div class="filters">
        <LookUp label={t('data.title')} example="Toy Story" to={(title) => `/data/movies?title=${encodeURIComponent(title)}`} />
        <LookUp label={t('data.movie')} example="1" to={(id) => `/data/movies/${encodeURIComponent(id)}`} />
        <LookUp label={t('data.user')} example="1" to={(id) => `/data/users/${encodeURIComponent(id)}`} />
      </div>
      <Card title={t('data.sets')}>
        <Show of={sets}>
          {({ sets: all }) =>
            all.length === 0 ? (
              <Empty title={t('data.none')}>
                <StartLink workflow="movieDataCollection">{t('overview.collect')}</StartLink>
                <Command of={['collect']} />
              </Empty>
            ) : (
              <>
                <Table
                  label={t('data.sets')}
                  columns={[
                    t('data.set'),
                    { title: t('data.ratings'), class: 'right' },
                    { title: t('data.movies'), class: 'right' },
                    { title: t('data.newest'), class: 'wide' },
                    t('data.run'),
                  ]}
                >
                  {all.map(({ name, row_counts: rows, newest_at: newest, run_id: run }) => (
                    <tr key={name}>
                      <td class="strong">{name}</td>
                      <td class="right">
                        <Num of={rows.ratings} />
                      </td>
                      <td class="right">
                        <Num of={rows.movies} />
                      </td>
                      <td class="wide nowrap">
                        <Ago at={newest} />
                      </td>
                      <td>
                        <RunLink id={run} />
                      </td>
                    </tr>
                  ))}
                </Table>
                <footer class="card-foot">
                  <Command of={['data', 'sets', 'list']} />
                </footer>
              </>
            )
          }
        </Show>
      </Card>
      <Card title={t('data.quality')}>
        <Show of={reports}>
          {({ reports: all }) =>
            all.length === 0 ? (
              <Empty title={t('data.noReports')}>
                <p>{t('data.noReportsNext')}</p>
              </Empty>
            ) : (
              <Table
                label={t('data.quality')}
                columns={[
                  t('data.set'),
                  t('gate.verdict'),
                  t('data.failedRules'),
                  t('data.checked'),
                  { title: t('common.actions'), isHidden: true },
                ]}
              >
                {all.map(({ run_id: run, dataset, passed, failed_rules: failed, checked_at: checked }) => (
                  <tr key={run}>
                    <td class="strong">{dataset}</td>
                    <td>
                      <Verdict passed={passed} />
                    </td>
                    <td class="mono break">{failed.join(', ') || '–'}</td>
                    <td class="nowrap">
                      <Ago at={checked} />
                    </td>
                    <td class="right">
                      <Link to={qualityPath(run)} label={`${t('data.report')} ${run}`}>
                        {t('data.report')}
                      </Link>
                    </td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

function qualityPath(runId: string): string {
  const { subject, run } = runParamsOf(runId);
  return `/data/quality/${encodeURIComponent(subject)}/${encodeURIComponent(run)}`;
}

function LookUp({ label, example, begun = '', to }: { label: string; example: string; begun?: string; to: (id: string) => string }) {
  const [id, setId] = useState(begun);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (id !== '') go(to(id));
  };
  return (
    <form onSubmit={onSubmit} class="look-up">
      <label>
        {label}
        <input value={id} placeholder={example} onInput={(event) => setId(event.currentTarget.value)} />
      </label>
      <button type="submit">{t('data.show')}</button>
    </form>
  );
}

/** What each rule found in the data of a run. */
export function QualityPage(params: { subject: string; run: string }) {
  const id = runIdOf(params);
  const polled = usePoll((signal) => api.quality.get({ params: runParamsOf(id), signal }), id, 0);
  return (
    <Page title={t('data.reportOf', { run: id })} lead={<Back />}>
      <Show of={polled}>
        {({ dataset, passed, rules, checked_at: checked, published_at: published, run_id: run }) => (
          <>
            <Card>
              <Facts
                of={[
                  [t('data.set'), dataset],
                  [t('gate.verdict'), <Verdict passed={passed} />],
                  [t('data.checked'), <Ago at={checked} />],
                  [t('data.published'), <Ago at={published} />],
                  [t('data.run'), <RunLink id={run} />],
                ]}
              />
              <footer class="card-foot">
                <Command of={['data', 'quality', run]} />
              </footer>
            </Card>
            <Card title={t('data.rules')}>
              <Table
                label={t('data.rules')}
                columns={[
                  t('gate.rule'),
                  t('gate.verdict'),
                  { title: t('data.offending'), class: 'right' },
                  { title: t('data.lookedAt'), class: 'right' },
                  { title: t('gate.detail'), class: 'wide' },
                ]}
              >
                {rules.map(({ rule, passed: isPassed, offending, of, detail, sample }) => (
                  <tr key={rule}>
                    <td class="mono">{rule}</td>
                    <td>
                      <Verdict passed={isPassed} />
                    </td>
                    <td class="right">
                      <Num of={offending} />
                    </td>
                    <td class="right">
                      <Num of={of} />
                    </td>
                    <td class="wide">
                      {detail}
                      {sample.map(({ line, reason }) => (
                        <p key={line} class="row-note">
                          {t('data.line', { line })}: {reason}
                        </p>
                      ))}
                    </td>
                  </tr>
                ))}
              </Table>
            </Card>
          </>
        )}
      </Show>
    </Page>
  );
}

const Back = () => (
  <Link to="/data" class="back">
    {t('data.back')}
  </Link>
);

/** Movies by words of their titles. */
export function MovieSearch() {
  const title = query.value.get('title') ?? '';
  const found = usePoll(
    (signal) => (title.trim() === '' ? Promise.resolve({ movies: [] }) : api.movies.search({ query: { title, limit: 50 }, signal })),
    title,
    0,
  );
  return (
    <Page title={t('data.search')} lead={<Back />}>
      <div class="filters">
        <LookUp
          label={t('data.title')}
          example="Toy Story"
          begun={title}
          to={(other) => `/data/movies?title=${encodeURIComponent(other)}`}
        />
      </div>
      <Card>
        <Show of={found}>
          {(answer) =>
            answer.movies.length === 0 ? (
              <Nothing isAsked={title.trim() !== ''} />
            ) : (
              <>
                <ol class="found">
                  {answer.movies.map((movie) => (
                    <li key={movie.movie_id}>
                      <Poster of={movie} />
                      <span class="movie-text">
                        <Link to={`/data/movies/${encodeURIComponent(movie.movie_id)}`} class="movie-title">
                          {movie.title}
                        </Link>
                        <span class="muted cut">{[movie.release_year, movie.genres.join(', ')].filter(Boolean).join(' · ')}</span>
                      </span>
                    </li>
                  ))}
                </ol>
                {'attribution' in answer && answer.attribution && <p class="hint pad">{answer.attribution}</p>}
              </>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

const EXAMPLE = 'Toy Story';

const Nothing = ({ isAsked }: { isAsked: boolean }) =>
  isAsked ? (
    <Empty title={t('data.noneFound')}>
      <p>{t('data.noneFoundNext')}</p>
    </Empty>
  ) : (
    <Empty title={t('data.whichTitle')}>
      <p>{t('data.whichTitleNext')}</p>
      <Link to={`/data/movies?title=${encodeURIComponent(EXAMPLE)}`} class="button">
        {EXAMPLE}
      </Link>
    </Empty>
  );

/** A movie of the catalogue. */
export function MoviePage({ id }: { id: string }) {
  const polled = usePoll((signal) => api.movies.get({ params: { movie_id: id }, signal }), id, 0);
  return (
    <Page title={polled.data?.title ?? t('data.movieTitle', { movie: id })} lead={<Back />}>
      <Show of={polled}>
        {(movie) => (
          <Card>
            <div class="movie-head">
              <Poster of={{ ...movie, poster_url: movie.tmdb?.poster_url }} />
              <Facts
                of={[
                  [t('data.movie'), <span class="mono">{movie.movie_id}</span>],
                  [t('data.year'), movie.release_year ?? '–'],
                  [t('data.genres'), movie.genres.join(', ') || '–'],
                  [t('data.source'), movie.source],
                  ...Object.entries(movie.external_ids).map(
                    ([catalogue, own]) => [catalogue, <span class="mono break">{own}</span>] as const,
                  ),
                  ...Object.entries(movie.attributes).map(([name, value]) => [name, <span class="break">{String(value)}</span>] as const),
                ]}
              />
            </div>
            {movie.tmdb?.overview && <p class="pad">{movie.tmdb.overview}</p>}
            {movie.tmdb && <p class="hint pad">{movie.tmdb.attribution}</p>}
            <footer class="card-foot">
              <Link to={`/features?entity=movie&id=${encodeURIComponent(movie.movie_id)}`} class="button small">
                {t('features.values')}
              </Link>
            </footer>
          </Card>
        )}
      </Show>
    </Page>
  );
}

/** What is known of a user. */
export function UserPage({ id }: { id: string }) {
  const user = usePoll((signal) => api.users.get({ params: { user_id: id }, signal }), id, 0);
  const sessions = usePoll((signal) => api.users.sessions({ params: { user_id: id }, query: { limit: 20 }, signal }), id, EVERY_MS);
  return (
    <Page
      title={t('data.userTitle', { user: id })}
      lead={<Back />}
      actions={
        <Link to={`/serving?user=${encodeURIComponent(id)}`} class="button primary">
          {t('data.recommend')}
        </Link>
      }
    >
      <Card>
        <Show of={user}>
          {({ age, source, choices, updated_at: updated }) => (
            <Facts
              of={[
                [t('data.choices'), <Num of={choices} />],
                [t('data.age'), age ?? '–'],
                [t('data.source'), source],
                [t('data.updated'), <Ago at={updated} />],
              ]}
            />
          )}
        </Show>
        <p class="hint pad">{t('data.choicesSays')}</p>
        <footer class="card-foot">
          <Command of={['users', 'export', id]} />
          <Link to={`/features?entity=user&id=${encodeURIComponent(id)}`} class="button small">
            {t('features.values')}
          </Link>
        </footer>
      </Card>
      <Card title={t('data.sessions')}>
        <Show of={sessions}>
          {({ sessions: all }) =>
            all.length === 0 ? (
              <Empty title={t('data.noSessions')}>
                <p>{t('data.noSessionsNext')}</p>
                <Link to={`/serving?user=${encodeURIComponent(id)}`} class="button">
                  {t('data.recommend')}
                </Link>
              </Empty>
            ) : (
              <Table
                label={t('data.sessions')}
                columns={[
                  t('runs.started'),
                  { title: t('data.events'), class: 'right' },
                  { title: t('data.movies'), class: 'right' },
                  { title: t('data.searches'), class: 'right' },
                ]}
              >
                {all.map(({ started_at: started, events, movies, searches }) => (
                  <tr key={started}>
                    <td>
                      <Ago at={started} />
                    </td>
                    <td class="right">
                      <Num of={events} />
                    </td>
                    <td class="right">
                      <Num of={movies} />
                    </td>
                    <td class="right">
                      <Num of={searches} />
                    </td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}
