import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import { metricsPage } from './metricsPage.ts';

writeFileSync(path.join(PROJECT_ROOT, 'docs', 'metrics.md'), metricsPage());
