import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';

const COMPILER = path.join('node_modules', 'assemblyscript', 'bin', 'asc.js');
const SOURCE = path.join('domain', 'recommender', 'numeric', 'simd', 'assembly', 'index.ts');
export const SIMD_MODULE_FILE = path.join(PROJECT_ROOT, 'domain', 'recommender', 'numeric', 'simd', 'simdModule.ts');

/** The text of `simdModule.ts`: what `assembly/` compiles to. @throws Error with the compiler's messages */
export function simdModule(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'simd-'));
  try {
    const out = path.join(folder, 'module.wasm');
    const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory'];
    execFileSync(process.execPath, [COMPILER, SOURCE, ...flags, '--outFile', out], {
      cwd: PROJECT_ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const lines = readFileSync(out)
      .toString('base64')
      .match(/.{1,120}/g)!;
    return `/** WebAssembly, in base64. Made by \`npm run simd-module\` from \`assembly/\`. */\nexport const SIMD_MODULE =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
