import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { rolesPage } from './rolesPage.ts';

writeFileSync(path.join(PROJECT_ROOT, 'docs', 'roles.md'), await rolesPage());
