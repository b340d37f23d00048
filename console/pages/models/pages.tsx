import type { Pages } from '../section.ts';
import { ModelPage } from './model.tsx';
import { ComparePage } from './compare.tsx';
import { Models } from './models.tsx';
import { RunPage } from './run.tsx';
import { Runs } from './runs.tsx';
import { VersionPage } from './version.tsx';

export const PAGES: Pages = [
  ['/models', () => <Models />],
  ['/models/experiments/runs', () => <Runs />],
  ['/models/experiments/compare', () => <ComparePage />],
  ['/models/experiments/runs/:run', ({ run = '' }) => <RunPage id={run} />],
  ['/models/:name', ({ name = '' }) => <ModelPage name={name} />],
  ['/models/:name/versions/:version', ({ name = '', version = '' }) => <VersionPage name={name} version={version} />],
];
