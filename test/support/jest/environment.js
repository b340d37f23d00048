import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/**
 * A test file runs in the process as it is, not in a sandbox: what it does to the environment, the console and the working folder is undone after it.
 * What of the process's else it changes it puts back itself.
 */
export default class Process {
  global = globalThis;
  fakeTimers = null;
  moduleMocker = new ModuleMocker(globalThis);
  #before = { cwd: process.cwd(), env: { ...process.env }, console: globalThis.console, exit: process.exit };

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
    const { cwd, env, console, exit } = this.#before;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    Object.assign(globalThis, { console });
    process.exit = exit;
    process.chdir(cwd);
  }

  exportConditions() {
    return [];
  }

  getVmContext() {
    return globalThis;
  }
}
