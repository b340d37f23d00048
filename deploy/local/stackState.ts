import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { ProcessIdentity } from './processIdentity.ts';
import { SERVICE_STATES, type Service } from './service.ts';

const identity = { pid: z.number().int(), start_time: z.string() };

/** What the supervisor keeps in `state.json` of the state folder, for the command line and for the start after a crash. */
const stackStateSchema = z.object({
  supervisor: z.object(identity),
  guard: z.object(identity),
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
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(state, undefined, 2));
  renameSync(`${file}.new`, file);
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

export function rowOf(service: Service): ServiceRow {
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
