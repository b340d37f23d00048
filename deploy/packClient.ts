/**
 * `npm run pack:client -- [folder]`: makes `movie-mlops-client-<version>.tgz`, the client with its types and all that it imports, so that it is
 * installed without a registry.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';

const COMPILER = path.join('node_modules', '@typescript', 'native', 'bin', 'tsc');
const DEPENDENCIES = ['zod'];

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: Record<string, string>;
  readonly dependencies: Record<string, string>;
}

function manifestOf({ version, license, engines, dependencies }: Manifest) {
  return {
    name: 'movie-mlops-client',
    version,
    description: 'Typed calls of the movie-mlops API',
    license,
    engines,
    type: 'module',
    exports: { '.': { types: './client/index.d.ts', default: './client/index.js' } },
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, dependencies[name]])),
    bundleDependencies: DEPENDENCIES,
  };
}

const inProject = (...parts: string[]) => path.join(PROJECT_ROOT, ...parts);
const folder = path.resolve(process.argv[2] ?? '.');
const stage = mkdtempSync(path.join(tmpdir(), 'movie-mlops-client-'));
try {
  execFileSync(process.execPath, [COMPILER, '-p', 'tsconfig.client.json', '--outDir', stage], { cwd: PROJECT_ROOT, stdio: 'inherit' });
  const manifest = manifestOf(JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as Manifest);
  writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  cpSync(inProject('docs', 'client.md'), path.join(stage, 'README.md'));
  cpSync(inProject('LICENSE'), path.join(stage, 'LICENSE'));
  for (const name of DEPENDENCIES) cpSync(inProject('node_modules', name), path.join(stage, 'node_modules', name), { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: stage, stdio: 'inherit' });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
