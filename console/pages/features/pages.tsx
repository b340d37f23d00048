import type { Pages } from '../section.ts';
import { Features, ViewPage } from './features.tsx';

export const PAGES: Pages = [
  ['/features', () => <Features />],
  ['/features/:name', ({ name = '' }) => <ViewPage name={name} />],
];
