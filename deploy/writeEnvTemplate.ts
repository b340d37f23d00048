import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import { envTemplate } from './envTemplate.ts';

writeFileSync(path.join(PROJECT_ROOT, '.env.template'), envTemplate());
