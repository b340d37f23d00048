const { default: Runtime } = require('jest-runtime');
const asyncHooks = require('node:async_hooks');
const { createRequire, register, registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

/** What jest-circus keeps of a file among the globals. */
const OF_A_FILE = ['EVENT_HANDLERS', 'TEST_TIMEOUT_SYMBOL'].map((name) => Symbol.for(name));
/** Where jest-circus keeps which test runs. One for all files: before Node 24 each promise pays for every storage that was ever used. */
const ofTheTest = new asyncHooks.AsyncLocalStorage();
let files = 0;
let globals;

/** Node loads TypeScript from here on, and what tests import as `@jest/globals` is that of the file that runs. */
async function prepare() {
  const tsx = await import('tsx/esm/api');
  tsx.register();
  const { resolve } = await import('./resolveGlobals.mjs');
  if (registerHooks) registerHooks({ resolve });
  else register('./resolveGlobals.mjs', pathToFileURL(__filename)); // before Node 22.15
  return import('@jest/globals');
}

function sharedStorage() {
  return ofTheTest;
}

/**
 * Loads test files as Node does, and what they import once a process: Jest's own way loads everything anew for each file, which took most of what a run
 * computes. So no test counts on a module that nobody has used yet, and none replaces a module.
 */
module.exports = class NodeRuntime extends Runtime {
  requireInternalModule(file) {
    delete require.cache[file];
    for (const symbol of OF_A_FILE) delete globalThis[symbol];
    const its = Object.getOwnPropertyDescriptor(asyncHooks, 'AsyncLocalStorage');
    Object.defineProperty(asyncHooks, 'AsyncLocalStorage', { configurable: true, value: sharedStorage });
    try {
      return createRequire(file)(file);
    } finally {
      Object.defineProperty(asyncHooks, 'AsyncLocalStorage', its);
    }
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(file) {
    globals ??= await prepare();
    globals.use(this.jestGlobals.cjsGlobals(file));
    delete Error.prepareStackTrace; // Jest's own knows no maps of what Node has loaded; Node itself does
    files += 1;
    await import(`${pathToFileURL(file).href}?file=${files}`); // what is set up is set up for each file
  }
};
