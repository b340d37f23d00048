import type { Pages } from '../index.tsx';
import { Features } from './features.tsx';
import { ViewPage } from './view.tsx';

export const PAGES: Pages = [
  ['/features', () => <Features />],
  ['/features/:name', ({ name = '' }) => <ViewPage name={name} />],
];
