import { writeFileSync } from 'node:fs';
import { SIMD_MODULE_FILE, simdModule } from './simdModule.ts';

writeFileSync(SIMD_MODULE_FILE, simdModule());
