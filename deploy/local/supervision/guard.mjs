/**
 * Ends the engines and processes of a supervisor that was killed: they would not notice. The supervisor holds the other end of standard input and
 * tells, a JSON line each, what it starts (`watch`), what has ended (`forget`), and when it leaves in good order (`release`). When the pipe
 * closes without that, everything watched is ended, rank by rank, and then the files to remove are removed.
 */
import { appendFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endByRank, isAlive, untilEnded } from './lifetime.mjs';

const [logFile, ...filesToRemove] = process.argv.slice(2);
const END_MS = 12_000;
const watched = new Map();
let released = false;

// Whatever ends the supervisor must not end the guard with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const { watch, forget, release } = JSON.parse(line);
  if (watch) watched.set(watch.pid, watch);
  if (forget) watched.delete(forget);
  if (release) released = true;
}
if (!released) await endAll();

async function endAll() {
  log(`the supervisor is gone; ending ${watched.size} programs`);
  await endByRank([...watched.values()], end);
  for (const file of filesToRemove) rmSync(file, { force: true });
  log('all have ended');
}

async function end(target) {
  if (isAlive(target)) process.kill(target.pid, target.signal);
  if (await untilEnded(target, END_MS)) return;
  log(`${target.name} did not end in time; killing it`);
  process.kill(-target.pid, 'SIGKILL');
}

/** The folder may have been removed meanwhile; that must not keep the guard from its work. */
function log(message) {
  try {
    appendFileSync(logFile, `${new Date().toISOString()} ${message}\n`);
  } catch (error) {
    console.error(message, error);
  }
}
