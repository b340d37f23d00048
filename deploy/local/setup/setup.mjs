/**
 * `npm run setup [-- --test]`: installs what is not there yet: npm's dependencies, the native TensorFlow addon, the engines.
 * Depends on Node alone, since it runs before there is a node_modules.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { SetupError } from './command.mjs';
import { findOnPath } from './findOnPath.mjs';
import { withLock } from './cache.mjs';
import { areDependenciesInstalled, arePostgresLibrariesLinked, installDependencies, linkPostgresLibraries } from './dependencies.mjs';
import { installEngine, missingEngines } from './engines.mjs';
import { checkPrerequisites, wrongNode } from './prerequisites.mjs';
import { createProgress } from './progress.mjs';
import { installAddon, isAddonCached, missingAddons } from './tensorflow.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/**
 * @param {{ test?: boolean, progress?: ReturnType<typeof createProgress> }} options `test` also installs what the tests alone need
 * @throws SetupError with what a person can do about it
 */
export async function setup({ test = false, progress = createProgress() } = {}) {
  const env = readEnvironment();
  const cacheDir = env.CACHE_DIR ? path.resolve(ROOT, env.CACHE_DIR) : path.join(homedir(), '.cache', 'movie-mlops');
  const dependencies = (await areDependenciesInstalled(ROOT)) && (await arePostgresLibrariesLinked(ROOT));
  const addons = missingAddons(ROOT, env.TF_BACKEND);
  const { missing, runsOn } = missingEngines({ test, cacheDir, env });
  const isComplete = dependencies && addons.length === 0 && missing.length === 0;
  if (isComplete && runsOn.every((program) => findOnPath(program)) && !wrongNode(process.versions.node)) return;

  const builds = addons.some((addon) => !isAddonCached(addon, cacheDir));
  const needed = new Set([...runsOn, ...missing.flatMap(({ needs }) => needs), ...(builds ? ['python', 'compiler'] : [])]);
  await progress.step('Prerequisites', () => checkPrerequisites([...needed]));
  if (!dependencies) await progress.step('npm dependencies', (step) => installPackages(cacheDir, step));
  for (const addon of missingAddons(ROOT, env.TF_BACKEND)) await installOrGoWithout(addon, cacheDir, progress);
  for (const engine of missing) await progress.step(engine.title, (step) => installEngine(engine, cacheDir, step));
}

/** Two setups of one clone take turns; the second finds everything there. */
async function installPackages(cacheDir, step) {
  await mkdir(cacheDir, { recursive: true });
  const ofThisClone = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  await withLock(path.join(cacheDir, `node_modules-${ofThisClone}.lock`), step.say, async () => {
    if (!(await areDependenciesInstalled(ROOT))) await installDependencies(ROOT, step);
    await linkPostgresLibraries(ROOT);
  });
}

/** Where the GPU was found and not asked for, the platform works without its addon. */
async function installOrGoWithout(addon, cacheDir, progress) {
  try {
    await progress.step(addon.title, (step) => installAddon(ROOT, addon, cacheDir, step));
  } catch (error) {
    if (!addon.optional) throw error;
    progress.note(`Going on without the GPU: ${error.message}`);
  }
}

/** The variables of this process, with those of `.env` where this process has none. */
function readEnvironment() {
  const file = path.join(ROOT, '.env');
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...process.env } : process.env;
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const startedAt = Date.now();
  try {
    await setup({ test: process.argv.includes('--test') });
    console.log(`Everything is installed (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
