import type { ComponentChildren } from 'preact';
import type { PlatformState } from '../../contracts/system.ts';
import { answeringOf } from '../answering.ts';
import { api } from '../api/calls.ts';
import { usePoll, type Polled } from '../api/usePoll.ts';
import { Card, Empty, Link, Loading, Page, State, Ago, Took } from '../parts/basics.tsx';
import { Command } from '../parts/command.tsx';
import { now } from '../parts/now.ts';
import { Fault, Show } from '../parts/polled.tsx';
import { isOpen, RunLink, runPath } from '../parts/runs.tsx';
import { StartLink } from '../parts/startLink.tsx';
import { Table } from '../parts/table.tsx';
import { TourOffer } from '../parts/tour.tsx';
import { agoText, numberText } from '../format.ts';
import { language } from '../settings.ts';
import { nineOf } from '../systems.ts';
import { named, t } from '../words/index.ts';

const SOON_MS = 4_000;
const LATER_MS = 15_000;

/** What there is, what happened, what waits for somebody. */
export const Overview = () => (
  <Page title={t('nav.overview')} lead={t('overview.lead')}>
    <TourOffer />
    <Systems />
    <Flow />
    <div class="columns">
      <Lately />
      <Decisions />
    </div>
  </Page>
);

/** As they are now; of what only the full check looks at, as it found it, with how long ago. Nothing is shown as well that could not be asked. */
function Systems() {
  const polled = usePoll((signal) => api.system.state({ signal }), 'state', SOON_MS);
  const isKnown = polled.error === undefined;
  if (isKnown && !polled.data) return <Loading />;
  return (
    <ul class="engines" aria-label={t('overview.systems')}>
      {nineOf(polled.data?.systems ?? []).map((one) => (
        <li key={one.system} title={one.answer}>
          <Link to={one.is_live ? '/system' : '/system/check'}>
            <State of={isKnown ? one.state : 'unknown'} label={isKnown ? systemText(one) : named('part', one.part)} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function systemText({ part, state, lacks, is_live: isLive, told_at: at }: PlatformState['systems'][number]): string {
  const name = named('part', part);
  if (lacks.length > 0) return `${name}: ${lacks.join(', ')}`;
  const said = state === 'ok' ? name : `${name}: ${named('state', state)}`;
  if (isLive) return said;
  return at === null ? `${name}: ${t('overview.unchecked')}` : `${said}, ${agoText(at, now.value, language.value)}`;
}

/** From data to what is recommended, with what comes back from it. */
const Flow = () => (
  <ol class="flow">
    <DataStation />
    <FeatureStation />
    <ModelStation />
    <ServingStation />
    <EventStation />
    <DriftStation />
  </ol>
);

interface StationProps<T> {
  readonly to: string;
  readonly title: string;
  readonly of: Polled<T>;
  readonly children: (data: T) => readonly [ComponentChildren, ComponentChildren];
}

function Station<T>({ to, title, of, children }: StationProps<T>) {
  const [large, small] =
    of.data === undefined ? [of.error === undefined ? '…' : '–', of.error === undefined ? '' : t('overview.unknown')] : children(of.data);
  return (
    <li>
      <Link to={to} class="station">
        <span class="station-title">{title}</span>
        <span class="station-number">{large}</span>
        <span class="station-more">{small}</span>
      </Link>
    </li>
  );
}

const count = (value: number) => numberText(value, language.value);

function DataStation() {
  const sets = usePoll((signal) => api.dataSets.list({ signal }), 'sets', LATER_MS);
  return (
    <Station to="/data" title={t('nav.data')} of={sets}>
      {({ sets: all }) => [
        count(all.reduce((sum, { row_counts: rows }) => sum + (rows.ratings ?? 0), 0)),
        t('overview.ratings', { sets: all.length }),
      ]}
    </Station>
  );
}

function FeatureStation() {
  const views = usePoll((signal) => api.features.views({ signal }), 'views', LATER_MS);
  return (
    <Station to="/features" title={t('nav.features')} of={views}>
      {({ views: all }) => [count(all.reduce((sum, { features }) => sum + features.length, 0)), t('overview.views', { views: all.length })]}
    </Station>
  );
}

function ModelStation() {
  const models = usePoll((signal) => api.models.list({ signal }), 'models', LATER_MS);
  return (
    <Station to="/models" title={t('nav.models')} of={models}>
      {({ models: all }) => [
        count(all.filter(({ aliases }) => aliases['champion'] !== undefined).length),
        t('overview.champions', { models: all.length }),
      ]}
    </Station>
  );
}

/** By its settings alone: an answer that nobody looks at would count among those that users were shown. */
function ServingStation() {
  const polled = usePoll(
    async (signal) => {
      const [{ routes }, { models }] = await Promise.all([api.routes.list({ signal }), api.models.list({ signal })]);
      const asked = routes.find(({ route }) => route === 'default')?.variants[0]?.models ?? [];
      return { routes, answering: answeringOf(asked, models)[0] };
    },
    'routes',
    LATER_MS,
  );
  return (
    <Station to="/serving" title={t('nav.serving')} of={polled}>
      {({ routes, answering }) => [
        answering ?? '–',
        answering ? t('overview.routes', { routes: routes.length }) : t('overview.nobodyAnswers'),
      ]}
    </Station>
  );
}

function EventStation() {
  const groups = usePoll((signal) => api.topics.groups({ signal }), 'groups', SOON_MS);
  return (
    <Station to="/events" title={t('nav.events')} of={groups}>
      {({ groups: all }) => [count(all.reduce((sum, { lag }) => sum + lag, 0)), t('overview.lag', { groups: all.length })]}
    </Station>
  );
}

function DriftStation() {
  const reports = usePoll((signal) => api.drift.list({ query: { limit: 20 }, signal }), 'reports', LATER_MS);
  return (
    <Station to="/drift" title={t('nav.drift')} of={reports}>
      {({ reports: all }) => [
        all.length === 0 ? '–' : count(all.filter(({ drifted }) => drifted).length),
        all.length === 0 ? t('overview.noDrift') : t('overview.drifted', { reports: all.length }),
      ]}
    </Station>
  );
}

const RUNS_SHOWN = 8;

function Lately() {
  const runs = usePoll((signal) => api.runs.list({ query: { limit: RUNS_SHOWN }, signal }), 'runs', SOON_MS);
  return (
    <Card
      title={t('overview.lately')}
      aside={
        <Link to="/pipelines" class="quiet-link">
          {t('overview.allRuns')}
        </Link>
      }
    >
      <Show of={runs}>
        {({ runs: all }) =>
          all.length === 0 ? (
            <Empty title={t('runs.none')}>
              <StartLink workflow="movieDataCollection">{t('overview.collect')}</StartLink>
              <Command of={['collect']} />
            </Empty>
          ) : (
            <Table label={t('overview.lately')}>
              {all.map((run) => (
                <tr key={run.run_id}>
                  <td>
                    <RunLink id={run.run_id} />
                  </td>
                  <td>
                    <State of={run.state} />
                  </td>
                  <td class="right nowrap muted">
                    {isOpen(run) ? <Took from={run.started_at} until={null} /> : <Ago at={run.ended_at} />}
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Show>
    </Card>
  );
}

interface Decision {
  readonly to: string;
  readonly what: string;
  readonly why: string;
}

const DAY_MS = 86_400_000;

/** What waits for a person: a run that failed today, a movie that is pushed, a model that nobody serves by. */
function Decisions() {
  const polled = usePoll(
    async (signal): Promise<Decision[]> => {
      const [{ runs }, { pushes }, { models }, { canaries }] = await Promise.all([
        api.runs.list({ query: { state: 'failed', limit: 5 }, signal }),
        api.drift.pushes({ query: { limit: 5 }, signal }),
        api.models.list({ signal }),
        api.canaries.list({ query: { limit: 5 }, signal }),
      ]);
      const failed = runs.filter(({ ended_at: end }) => end !== null && Date.now() - Date.parse(end) < DAY_MS);
      return [
        ...failed.map(({ run_id: id, error }) => ({ to: runPath(id), what: t('decide.failed', { run: id }), why: error ?? '' })),
        ...pushes
          .filter(({ state }) => state === 'held')
          .map(({ movie_id: id, title, users }) => ({
            to: '/drift',
            what: t('decide.push', { movie: title ?? id }),
            why: t('decide.pushWhy', { users }),
          })),
        ...models
          .filter(({ aliases, latest_versions: newest }) => newest.length > 0 && aliases['champion'] === undefined)
          .map(({ name }) => ({
            to: `/models/${encodeURIComponent(name)}`,
            what: t('decide.noChampion', { model: name }),
            why: t('decide.noChampionWhy'),
          })),
        ...canaries
          .filter(({ state, paused }) => state === 'running' && paused)
          .map(({ route }) => ({ to: '/serving/rollouts', what: t('decide.canary', { route }), why: '' })),
      ];
    },
    'decisions',
    LATER_MS,
  );
  return (
    <Card title={t('overview.decisions')}>
      {polled.error !== undefined && polled.data === undefined ? (
        <Fault of={polled.error} />
      ) : (
        <Show of={polled}>
          {(all) =>
            all.length === 0 ? (
              <Empty title={t('overview.noDecisions')}>
                <p>{t('overview.tryNext')}</p>
                <Link to="/serving?user=1" class="button">
                  {t('serving.try')}
                </Link>
              </Empty>
            ) : (
              <ul class="decisions">
                {all.map(({ to, what, why }) => (
                  <li key={what}>
                    <Link to={to} class="strong break">
                      {what}
                    </Link>
                    {why && <p class="row-note break">{why}</p>}
                  </li>
                ))}
              </ul>
            )
          }
        </Show>
      )}
    </Card>
  );
}
