import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import { dashboardFiles } from './grafana/dashboards.ts';

for (const [name, text] of Object.entries(dashboardFiles()))
  writeFileSync(path.join(PROJECT_ROOT, 'deploy', 'grafana', 'dashboards', name), text);
