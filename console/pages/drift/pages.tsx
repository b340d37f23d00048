import type { Pages } from '../section.ts';
import { Drift } from './drift.tsx';
import { DriftReportPage } from './report.tsx';

export const PAGES: Pages = [
  ['/drift', () => <Drift />],
  ['/drift/:id', ({ id = '' }) => <DriftReportPage id={id} />],
];
