import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { makeFolderSync } from '../../../platform/makeFolder.ts';
import { identify, markOf, type ProcessIdentity } from './processIdentity.ts';

export interface Watched extends ProcessIdentity {
  readonly name: string;
  /** Lower ranks are ended first, equal ones together. */
  readonly rank: number;
  readonly signal: NodeJS.Signals;
}

/** A small process that ends everything it watches when this one is gone without a word. */
export interface Guard {
  identity(): ProcessIdentity;
  watch(target: Watched): void;
  forget(pid: number): void;
  /** Says that this process leaves in good order. */
  release(): Promise<void>;
}

const START_AGAIN_MS = 1_000;

/** @param filesToRemove removed when the guard has ended everything, such as the lock of the dead supervisor */
export function startGuard({ logFile, filesToRemove = [] }: { logFile: string; filesToRemove?: readonly string[] }): Guard {
  const watched = new Map<number, Watched>();
  let released = false;
  makeFolderSync(path.dirname(logFile));
  let guard = start();

  function start(): ChildProcess {
    const script = path.join(PROJECT_ROOT, 'deploy', 'local', 'supervision', 'guard.mjs');
    const child = spawn(process.execPath, [script, logFile, ...filesToRemove], {
      detached: true,
      env: { ...process.env, ...markOf(logFile) },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.on('error', () => undefined); // 'exit' follows
    child.on('exit', again);
    child.on('error', () => setTimeout(again, START_AGAIN_MS).unref()); // no process could be made; 'exit' does not follow
    child.unref();
    return child;
  }
  /** A guard that was killed is replaced. */
  function again() {
    if (released) return;
    guard = start();
    for (const target of watched.values()) tell({ watch: target });
  }
  const tell = (message: object) => void guard.stdin?.write(`${JSON.stringify(message)}\n`);

  return {
    identity: () => identify(guard.pid ?? 0),
    watch(target) {
      watched.set(target.pid, target);
      tell({ watch: target });
    },
    forget(pid) {
      watched.delete(pid);
      tell({ forget: pid });
    },
    release: () =>
      new Promise((resolve) => {
        released = true;
        if (guard.pid === undefined) return resolve();
        guard.ref();
        guard.once('exit', () => resolve());
        tell({ release: true });
        guard.stdin?.end();
      }),
  };
}
