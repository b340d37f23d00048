/**
 * `npm run build`: compiles the sources to `dist/`, bundles the workflows and the console, when they have changed since the last time. It is made aside and
 * renamed into place, so a stack that runs, or a build that fails, loses nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildConsole, OVERVIEW } from './buildConsole.mjs';
import { withLock } from './cache.mjs';
import { runCommand, SetupError } from './command.mjs';
import { createProgress } from './progress.mjs';

const THIS_FILE = fileURLToPath(import.meta.url);
const ROOT = path.resolve(path.dirname(THIS_FILE), '..', '..', '..');
const DIST = path.join(ROOT, 'dist');
/** Ignored by every tool, and on the same file system as dist/. */
const WORKPLACE = path.join(ROOT, 'node_modules', '.cache', 'movie-mlops');
const RECORD = 'built-from.json';
const BUNDLE = 'workflow-bundle.cjs';
const TSC = path.join('node_modules', '@typescript', 'native', 'bin', 'tsc');

/** @throws SetupError with the compiler's messages */
export async function build({ progress = createProgress() } = {}) {
  if (await isFresh()) return;
  await mkdir(WORKPLACE, { recursive: true });
  await progress.step('Build', (step) =>
    withLock(path.join(WORKPLACE, 'build.lock'), step.say, async () => {
      if (!(await isFresh())) await buildAside(step);
    }),
  );
}

async function buildAside(step) {
  await removeAbandoned();
  const record = await hashSources();
  const aside = await mkdtemp(path.join(WORKPLACE, 'dist-'));
  try {
    step.say('compiling');
    // Else the source maps would point to where the sources lie seen from the folder aside.
    const sourceRoot = `${pathToFileURL(ROOT).href}/`;
    // Types are checked by `npm run typecheck`: checked here too they would take six times what writing takes, of who starts the platform for the first time.
    const options = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', aside, '--sourceRoot', sourceRoot];
    await runCommand(process.execPath, [path.join(ROOT, TSC), ...options], { cwd: ROOT });
    await bundleWorkflows(aside, record, step);
    await bundleConsole(aside, step);
    await writeFile(path.join(aside, RECORD), JSON.stringify(record));
    await chmod(aside, 0o755); // in an image another account reads it
    await putInPlace(aside);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** What builds left that were killed: this one alone holds the lock. */
async function removeAbandoned() {
  const abandoned = (await readdir(WORKPLACE)).filter((name) => name.startsWith('dist-'));
  await Promise.all(abandoned.map((name) => rm(path.join(WORKPLACE, name), { recursive: true, force: true })));
}

/** The bundle depends on few of the sources, and takes longest. */
async function bundleWorkflows(aside, { workflows }, step) {
  const workflowsPath = path.join(ROOT, 'workflows', 'index.ts');
  if (!existsSync(workflowsPath)) return;
  const workflowInterceptorModules = ['knownTypes.ts', 'pauseSteps.ts', 'tellState.ts', 'passTrace.ts'].map((file) =>
    path.join(ROOT, 'workflows', file),
  );
  const [previous, bundle] = [path.join(DIST, BUNDLE), path.join(aside, BUNDLE)];
  if ((await readRecord())?.workflows === workflows && existsSync(previous)) return copyFile(previous, bundle);
  step.say('bundling the workflows');
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const messages = [];
  const logger = Object.fromEntries(
    ['log', 'trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, (...said) => messages.push(said.join(' '))]),
  );
  try {
    const { code } = await bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, logger });
    await writeFile(bundle, code);
  } catch (error) {
    throw new SetupError(`The workflows cannot be bundled: ${error.message}\n${messages.join('\n')}`);
  }
}

/** With what the API of this very build is called by. */
async function bundleConsole(aside, step) {
  step.say('bundling the console');
  const [{ ENDPOINTS }, workflows, { PRIMARY_METRIC }] = await Promise.all(
    ['endpoints/index.js', 'workflows.js', 'models.js'].map((file) => import(pathToFileURL(path.join(aside, 'contracts', file)).href)),
  );
  try {
    await buildConsole({ root: ROOT, outdir: path.join(aside, 'console'), contracts: { ENDPOINTS, PRIMARY_METRIC, ...workflows } });
  } catch (error) {
    throw new SetupError(`The console cannot be bundled: ${error.message}`);
  }
}

async function putInPlace(aside) {
  const old = `${aside}.old`;
  if (existsSync(DIST)) await rename(DIST, old);
  try {
    await rename(aside, DIST);
  } catch (error) {
    if (existsSync(old)) await rename(old, DIST);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

async function isFresh() {
  const [record, now] = await Promise.all([readRecord(), hashSources()]);
  return record?.sources === now.sources;
}

const readRecord = async () => JSON.parse(await readFile(path.join(DIST, RECORD), 'utf8').catch(() => 'null'));

/** What the build is made of: the rooms that the build's tsconfig includes, the console, the dashboard that it shows, the tsconfigs, the versions of the dependencies, this file. */
async function hashSources() {
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', path.relative(ROOT, THIS_FILE), path.join(...OVERVIEW)];
  const { include } = JSON.parse(await readFile(path.join(ROOT, 'tsconfig.build.json'), 'utf8'));
  const listed = await Promise.all([...include, 'console'].map(listSources));
  return {
    sources: await hashFiles([...settings, ...listed.flat()]),
    workflows: await hashFiles([...settings, ...(await listSources('workflows')), ...(await listSources('contracts'))]),
  };
}

async function listSources(room) {
  const names = await readdir(path.join(ROOT, room), { recursive: true }).catch(() => []);
  return names.filter((name) => /\.(tsx?|mjs|css|html|svg)$/.test(name)).map((name) => path.join(room, name));
}

async function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files.sort())
    hash
      .update(file)
      .update('\0')
      .update(await readFile(path.join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}

if (process.argv[1] && path.resolve(process.argv[1]) === THIS_FILE) {
  try {
    await build();
    console.log('dist/ is up to date');
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
