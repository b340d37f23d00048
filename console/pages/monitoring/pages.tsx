import type { Pages } from '../index.tsx';
import { Monitoring, MonitoringQuery } from './monitoring.tsx';

export const PAGES: Pages = [
  ['/monitoring', () => <Monitoring />],
  ['/monitoring/query', () => <MonitoringQuery />],
];
