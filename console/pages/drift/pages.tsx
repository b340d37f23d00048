import type { Pages } from '../section.ts';
import { Drift, DriftReportPage } from './drift.tsx';

export const PAGES: Pages = [
  ['/drift', () => <Drift />],
  ['/drift/:id', ({ id = '' }) => <DriftReportPage id={id} />],
];
