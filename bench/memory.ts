/**
 * Memory of each engine and process after the main job. RSS counts shared pages in every process that has them; PSS shares them out, so only
 * its sum is what the machine gives (https://www.kernel.org/doc/html/latest/filesystems/proc.html, smaps_rollup). Linux alone.
 * `npx tsx bench/memory.ts <state folder>` measures a stack that runs instead of starting one.
 */
import { readState } from '../deploy/local/stack/stackState.ts';
import { childrenOf, megabytesOf } from '../platform/proc.mjs';
import { startStack, waitForOutput } from '../test/support/stack.ts';
import { printTable } from './figures.ts';

const MAIN_JOB_MS = 900_000;
const ALLOWED_MB = 3 * 1024;

interface Memory {
  readonly processes: number;
  readonly rss: number;
  readonly pss: number;
  /** The most RSS that each process ever had, added up. */
  readonly peak: number;
}

function memoryOf(pids: readonly number[]): Memory {
  const total = (file: string, field: string) => pids.reduce((sum, pid) => sum + (megabytesOf(pid, file, field) ?? 0), 0);
  return { processes: pids.length, rss: total('status', 'VmRSS'), pss: total('smaps_rollup', 'Pss'), peak: total('status', 'VmHWM') };
}

/** A process and all that it started, such as the backends of Postgres. */
const treeOf = (root: number): number[] => [root, ...childrenOf(root).flatMap(treeOf)];

function measure(stateDir: string) {
  const state = readState(stateDir);
  if (!state) throw new Error(`nothing runs from ${stateDir}`);
  const services = state.services.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, ...memoryOf(treeOf(pid)) }]));
  return [...services, { name: 'supervisor', ...memoryOf([state.supervisor.pid]) }, { name: 'guard', ...memoryOf([state.guard.pid]) }];
}

function report(rows: ReturnType<typeof measure>): void {
  const cells = ({ name, processes, rss, pss, peak }: Memory & { name: string }) => [
    name,
    ...[processes, rss, pss, peak].map((value) => value.toFixed(0)),
  ];
  const sum = (field: keyof Memory) => rows.reduce((total, row) => total + row[field], 0);
  const total = { name: 'sum', processes: sum('processes'), rss: sum('rss'), pss: sum('pss'), peak: sum('peak') };
  console.log(`Memory after the main job, Node ${process.version}\n`);
  printTable(['MB', 'processes', 'RSS', 'PSS', 'peak RSS'], [...rows, total].map(cells));
  console.log(
    `\n${total.rss < ALLOWED_MB ? 'under' : 'OVER'} 3 GB: RSS is ${((100 * total.rss) / ALLOWED_MB).toFixed(0)} %, PSS ${((100 * total.pss) / ALLOWED_MB).toFixed(0)} % of it`,
  );
}

async function measureAfterMainJob() {
  const stack = await startStack([]);
  try {
    console.error('the main job runs …');
    await waitForOutput(stack, 'curl', MAIN_JOB_MS);
    report(measure(stack.env['STATE_DIR'] ?? ''));
  } finally {
    await stack.interrupt();
    await stack.remove();
  }
}

const [runningStateDir] = process.argv.slice(2);
if (runningStateDir) report(measure(runningStateDir));
else await measureAfterMainJob();
