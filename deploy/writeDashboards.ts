import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import { makeFolderSync } from '../platform/makeFolder.ts';
import { grafanaFiles } from './grafana/dashboards.ts';

for (const [name, text] of Object.entries(grafanaFiles())) {
  const file = path.join(PROJECT_ROOT, 'deploy', 'grafana', name);
  makeFolderSync(path.dirname(file));
  writeFileSync(file, text);
}
