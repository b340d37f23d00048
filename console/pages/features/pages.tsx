import type { Pages } from '../section.ts';
import { Features } from './features.tsx';
import { ViewPage } from './view.tsx';

export const PAGES: Pages = [
  ['/features', () => <Features />],
  ['/features/:name', ({ name = '' }) => <ViewPage name={name} />],
];
