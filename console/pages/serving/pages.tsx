import type { Pages } from '../section.ts';
import { AbTests } from './abTests.tsx';
import { Outcomes } from './outcomes.tsx';
import { Rollouts } from './rollouts.tsx';
import { RoutesPage } from './routes.tsx';
import { TryPage } from './serving.tsx';

export const PAGES: Pages = [
  ['/serving', () => <TryPage />],
  ['/serving/routes', () => <RoutesPage />],
  ['/serving/rollouts', () => <Rollouts />],
  ['/serving/tests', () => <AbTests />],
  ['/serving/outcomes', () => <Outcomes />],
];
