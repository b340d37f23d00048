import type { VNode } from 'preact';
import { AbTests } from './abTests.tsx';
import { Data, MoviePage, MovieSearch, QualityPage, UserPage } from './data.tsx';
import { Drift, DriftReportPage } from './drift.tsx';
import { DeadLetters, Events } from './events.tsx';
import { Features, ViewPage } from './features.tsx';
import { ModelPage } from './model.tsx';
import { Models } from './models.tsx';
import { Monitoring, MonitoringQuery } from './monitoring.tsx';
import { Outcomes } from './outcomes.tsx';
import { Overview } from './overview.tsx';
import { Pipelines } from './pipelines.tsx';
import { Rollouts } from './rollouts.tsx';
import { RunPage } from './run.tsx';
import { Schedules } from './schedules.tsx';
import { RoutesPage, TryPage } from './serving.tsx';
import { StartList, StartPage } from './start.tsx';
import { System } from './system.tsx';
import { VersionPage } from './version.tsx';

type Params = Readonly<Record<string, string>>;

/** Every page by its address below `/console`; the first that fits is shown. */
export const PAGES: readonly (readonly [string, (params: Params) => VNode])[] = [
  ['/', () => <Overview />],
  ['/pipelines', () => <Pipelines />],
  ['/pipelines/start', () => <StartList />],
  ['/pipelines/start/:workflow', ({ workflow = '' }) => <StartPage workflow={workflow} />],
  ['/pipelines/schedules', () => <Schedules />],
  ['/pipelines/runs/:subject/:run', ({ subject = '', run = '' }) => <RunPage subject={subject} run={run} />],
  ['/data', () => <Data />],
  ['/data/movies', () => <MovieSearch />],
  ['/data/movies/:id', ({ id = '' }) => <MoviePage id={id} />],
  ['/data/users/:id', ({ id = '' }) => <UserPage id={id} />],
  ['/data/quality/:subject/:run', ({ subject = '', run = '' }) => <QualityPage subject={subject} run={run} />],
  ['/features', () => <Features />],
  ['/features/:name', ({ name = '' }) => <ViewPage name={name} />],
  ['/models', () => <Models />],
  ['/models/:name', ({ name = '' }) => <ModelPage name={name} />],
  ['/models/:name/versions/:version', ({ name = '', version = '' }) => <VersionPage name={name} version={version} />],
  ['/serving', () => <TryPage />],
  ['/serving/routes', () => <RoutesPage />],
  ['/serving/rollouts', () => <Rollouts />],
  ['/serving/tests', () => <AbTests />],
  ['/serving/outcomes', () => <Outcomes />],
  ['/events', () => <Events />],
  ['/events/dead-letters', () => <DeadLetters />],
  ['/drift', () => <Drift />],
  ['/drift/:id', ({ id = '' }) => <DriftReportPage id={id} />],
  ['/monitoring', () => <Monitoring />],
  ['/monitoring/query', () => <MonitoringQuery />],
  ['/system', () => <System />],
];
