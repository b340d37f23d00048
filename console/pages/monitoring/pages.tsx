import type { Pages } from '../section.ts';
import { Monitoring, MonitoringQuery } from './monitoring.tsx';

export const PAGES: Pages = [
  ['/monitoring', () => <Monitoring />],
  ['/monitoring/query', () => <MonitoringQuery />],
];
