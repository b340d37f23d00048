import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import { prometheusFiles } from './prometheus/files.ts';

for (const [name, text] of Object.entries(prometheusFiles())) writeFileSync(path.join(PROJECT_ROOT, 'deploy', 'prometheus', name), text);
