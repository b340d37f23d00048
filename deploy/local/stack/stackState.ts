import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { makeFolderSync } from '../../../platform/makeFolder.ts';
import type { ProcessIdentity } from '../supervision/processIdentity.ts';
import { SERVICE_STATES, type Service } from '../supervision/service.ts';

const identity = { pid: z.number().int(), start_time: z.string() };

/** What the supervisor keeps in `state.json` of the state folder, for the command line and for the start after a crash. */
const stackStateSchema = z.object({
  supervisor: z.object(identity),
  guard: z.object(identity),
  ports: z.record(z.string(), z.number().int()).default({}).describe('By the name of its variable; none in a file of 0.3.0'),
  services: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['engine', 'process']),
      state: z.enum([...SERVICE_STATES, 'external']),
      port: z.number().int().nullable(),
      pid: z.number().int().nullable(),
      start_time: z.string().nullable(),
      started_at: z.iso.datetime().nullable(),
      restarts: z.number().int(),
      last_exit: z.string().nullable(),
    }),
  ),
});
export type StackState = z.infer<typeof stackStateSchema>;
export type ServiceRow = StackState['services'][number];

export const stateFile = (stateDir: string): string => path.join(stateDir, 'state.json');

/** Written aside and renamed, so that a reader sees one whole state. */
export function writeState(stateDir: string, state: StackState): void {
  const file = stateFile(stateDir);
  const aside = `${file}.new`;
  try {
    makeFolderSync(stateDir);
    writeFileSync(aside, JSON.stringify(state, undefined, 2));
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}

const TRY_AGAIN_MS = 1_000;

/**
 * Keeps the state file up to date for as long as the stack runs. One that cannot be written, on a full disk for one, is told once and tried again:
 * the stack is more than its state file.
 */
export function keepState(stateDir: string, say: (message: string) => void): { write(state: StackState): void; remove(): void } {
  let latest: StackState | undefined;
  let isBehind = false;
  let timer: NodeJS.Timeout | undefined;

  function tryWrite() {
    clearTimeout(timer);
    if (!latest) return;
    try {
      writeState(stateDir, latest);
      if (isBehind) say('the state file is written again');
      isBehind = false;
    } catch (error) {
      const { message } = error as Error;
      if (!isBehind) say(`the state file cannot be written (${message}); the stack goes on, and \`npx mlops status\` is behind meanwhile`);
      isBehind = true;
      timer = setTimeout(tryWrite, TRY_AGAIN_MS).unref();
    }
  }
  return {
    write(state) {
      latest = state;
      tryWrite();
    },
    remove() {
      latest = undefined;
      clearTimeout(timer);
      removeState(stateDir);
    },
  };
}

/** @returns undefined where nothing runs, or the file is of another version */
export function readState(stateDir: string): StackState | undefined {
  try {
    return stackStateSchema.parse(JSON.parse(readFileSync(stateFile(stateDir), 'utf8')));
  } catch {
    return undefined;
  }
}

export const removeState = (stateDir: string): void => rmSync(stateFile(stateDir), { force: true });

export function serviceRowOf(service: Service): ServiceRow {
  const { state, child, startedAt, restarts, lastExit } = service.status();
  return {
    name: service.name,
    kind: service.kind,
    state,
    port: service.port,
    pid: child?.pid ?? null,
    start_time: child?.startTime ?? null,
    started_at: startedAt?.toISOString() ?? null,
    restarts,
    last_exit: lastExit ?? null,
  };
}

export const toIdentity = ({ pid, start_time: startTime }: { pid: number; start_time: string }): ProcessIdentity => ({ pid, startTime });
export const toRow = ({ pid, startTime }: ProcessIdentity) => ({ pid, start_time: startTime });
