import type { Pages } from '../section.ts';
import { ComparePage } from './compare.tsx';
import { RunPage } from './run.tsx';
import { Runs } from './runs.tsx';

export const PAGES: Pages = [
  ['/models/experiments/runs', () => <Runs />],
  ['/models/experiments/compare', () => <ComparePage />],
  ['/models/experiments/runs/:run', ({ run = '' }) => <RunPage id={run} />],
];
