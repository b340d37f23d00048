/**
 * `npm run setup [-- --test]`: installs what is not there yet: npm's dependencies, the native TensorFlow addon, the engines and what they run on.
 * Depends on Node alone, since it runs before there is a node_modules.
 */
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './command.mjs';
import { sharedAuthorities } from './authorities.mjs';
import { BUILD_TOOLS } from './buildTools.mjs';
import { withLock } from './cache.mjs';
import { areDependenciesInstalled, arePostgresLibrariesLinked, installDependencies, linkPostgresLibraries } from './dependencies.mjs';
import { installEngine, missingEngines } from './engines.mjs';
import { readEnvironment, ROOT } from './environment.mjs';
import { refuseFullDisk } from './freeMb.mjs';
import { checkPrerequisites, wrongNode } from './prerequisites.mjs';
import { offerHooks } from './hooks.mjs';
import { getInLanes } from './lanes.mjs';
import { createProgress } from './progress.mjs';
import { ADDON_MB, addonEntry, installAddon, isAddonCached, missingAddons } from './tensorflow.mjs';
import { orGoWithout } from './without.mjs';

/** `node_modules`, with what npm unpacks aside. */
const DEPENDENCIES_MB = 1_500;

/**
 * @param {{ test?: boolean, progress?: ReturnType<typeof createProgress> }} options `test` also installs what the tests alone need
 * @returns {Promise<string[]>} what was said of the optional parts that it goes without
 * @throws SetupError with what a person can do about it
 */
export async function setup({ test = false, progress = createProgress() } = {}) {
  const env = readEnvironment();
  const cacheDir = env.CACHE_DIR ? path.resolve(ROOT, env.CACHE_DIR) : path.join(homedir(), '.cache', 'movie-mlops');
  const missing = await lookForMissing({ test, cacheDir, env });
  if (missing.isNothing && !wrongNode(process.versions.node)) return [];

  await progress.step('Prerequisites', () => checkPrerequisites(missing.needed));
  await refuseFullDisk(cacheDir, missing.mb);
  // One setup at a time on a cache: the first to end removes what all of them build with.
  await mkdir(cacheDir, { recursive: true });
  return withLock(path.join(cacheDir, 'setup.lock'), sayOnce(progress.note), () => install({ test, cacheDir, env, progress }));
}

async function install({ test, cacheDir, env, progress }) {
  const downloads = { ...env, ...sharedAuthorities(env, cacheDir) };
  const contextOf = (step) => ({ cacheDir, env: downloads, step, note: progress.note });
  const { dependencies, addons, engines } = await lookForMissing({ test, cacheDir, env });
  if (!dependencies) {
    await progress.step('npm dependencies', async (step) => {
      if (!(await areDependenciesInstalled(ROOT))) await installDependencies(ROOT, contextOf(step));
      await linkPostgresLibraries(ROOT);
    });
  }
  const parts = [
    ...addons.map((addon) => ({ ...addon, entry: addonEntry(addon), get: (step) => installAddon(ROOT, addon, contextOf(step)) })),
    ...engines.map((engine) => ({ ...engine, get: (step) => installEngine(engine, contextOf(step)) })),
  ];
  const context = { cacheDir, note: progress.note };
  const said = await getInLanes(parts, (part) => orGoWithout(part, context, () => progress.step(part.title, part.get)));
  await rm(path.join(cacheDir, BUILD_TOOLS), { recursive: true, force: true });
  return said;
}

/** What is not there yet, what a person must have brought for it, and the MB of disk that it takes at most. */
async function lookForMissing({ test, cacheDir, env }) {
  const dependencies = (await areDependenciesInstalled(ROOT)) && (await arePostgresLibrariesLinked(ROOT));
  const addons = missingAddons(ROOT, env.TF_BACKEND);
  const engines = missingEngines({ test, cacheDir, env });
  const made = addons.filter((addon) => !isAddonCached(addon, cacheDir));
  const mb = [...(dependencies ? [] : [DEPENDENCIES_MB]), ...made.map(() => ADDON_MB), ...engines.map((engine) => engine.mb)];
  return {
    ...{ dependencies, addons, engines },
    isNothing: dependencies && addons.length === 0 && engines.length === 0,
    needed: [...new Set([...engines.flatMap(({ needs }) => needs), ...(made.length > 0 ? ['python'] : []), ...(test ? ['openssl'] : [])])],
    mb: mb.reduce((sum, each) => sum + each, 0),
  };
}

function sayOnce(say) {
  let said;
  return (text) => {
    if (text !== said) say(text);
    said = text;
  };
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const startedAt = Date.now();
  try {
    await setup({ test: process.argv.includes('--test') });
    console.log(`Everything is installed (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
    const offer = await offerHooks(ROOT);
    if (offer) console.log(offer);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
