import type { Pages } from '../section.ts';
import { Pipelines } from './pipelines.tsx';
import { RunPage } from './run.tsx';
import { Schedules } from './schedules.tsx';
import { StartList, StartPage } from './start.tsx';

export const PAGES: Pages = [
  ['/pipelines', () => <Pipelines />],
  ['/pipelines/start', () => <StartList />],
  ['/pipelines/start/:workflow', ({ workflow = '' }) => <StartPage workflow={workflow} />],
  ['/pipelines/schedules', () => <Schedules />],
  ['/pipelines/runs/:subject/:run', ({ subject = '', run = '' }) => <RunPage subject={subject} run={run} />],
];
