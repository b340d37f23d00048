import { fork } from 'node:child_process';
import { residentMb } from '../proc.mjs';
import type { FromMember, Standing, ToMember } from './answerCalls.ts';
import { revive } from './revive.ts';

/** One call, wherever it is answered. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  /** To how many processes it was given. */
  attempts: number;
  /** Whether somebody waits for it still. */
  readonly isWanted: () => boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Why a process of a pool is no more. */
export type Ending = 'crashed' | 'hung' | 'replaced' | 'closed';

export interface MemberSettings {
  readonly file: string;
  /** Of V8, in MB. */
  readonly heapMb: number;
  readonly onTold: (pid: number, told: unknown) => void;
  /** Something changed: it stands otherwise, or has an answer less to give. */
  readonly onChange: () => void;
  /** Told once, with the calls that it leaves behind and how long it lived. */
  readonly onEnd: (
    member: Member,
    left: readonly Call[],
    how: { readonly ending: Ending; readonly words: string; readonly livedMs: number },
  ) => void;
}

export interface Member {
  readonly pid: number;
  standing(): Standing;
  /** Calls that it has and has not answered. */
  calls(): number;
  /** Of the process (RSS), in MB; null where it cannot be told. */
  residentMb(): number | null;
  isLeaving(): boolean;
  take(call: Call): void;
  /** Nobody waits for this one any more. */
  cancel(call: Call): void;
  /** Takes no calls any more, and ends when those that it has are answered, or after so many ms. */
  leave(ending: Ending, withinMs: number): void;
  /** Ends it where it has calls and has said nothing for so long. */
  endIfSilent(ms: number): void;
}

/** Starts one process of a pool. It ends itself soon after this one, however that ended. */
export function startMember({ file, heapMb, onTold, onChange, onEnd }: MemberSettings): Member {
  const child = fork(file, [String(process.pid)], {
    execArgv: ['--enable-source-maps', `--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
  });
  const startedAt = Date.now();
  const calls = new Map<number, Call>();
  let standing: Standing = 'starting';
  let heardAt: number | undefined;
  let ending: Ending = 'crashed';
  let isLeaving = false;
  let isGone = false;

  const send = (message: ToMember) => void (child.connected && child.send(message, () => undefined));
  const kill = () => void child.kill('SIGKILL');
  const killWhenIdle = () => isLeaving && calls.size === 0 && kill();

  child.on('message', (message: FromMember) => {
    heardAt = Date.now();
    if ('told' in message) return onTold(child.pid!, message.told);
    if ('standing' in message) {
      if (message.standing === standing) return;
      standing = message.standing;
    } else answered(message);
    onChange();
  });
  child.once('error', (error) => gone(error.message)); // it could not be started
  child.once('exit', (code, signal) => gone(`ended with ${signal ?? `exit code ${code}`}`));

  function answered(message: Extract<FromMember, { id: number }>): void {
    const call = calls.get(message.id);
    calls.delete(message.id);
    if ('failure' in message) call?.reject(revive(message.failure));
    else call?.resolve(message.result);
    killWhenIdle();
  }

  function gone(words: string): void {
    if (isGone) return;
    isGone = true;
    const left = [...calls.values()].filter((call) => call.isWanted());
    calls.clear();
    onEnd(member, left, { ending, words, livedMs: Date.now() - startedAt });
  }

  const member: Member = {
    pid: child.pid ?? -1,
    standing: () => standing,
    calls: () => calls.size,
    residentMb: () => (child.pid === undefined ? null : residentMb(child.pid)),
    isLeaving: () => isLeaving,
    take(call) {
      call.attempts += 1;
      calls.set(call.id, call);
      send({ id: call.id, name: call.name, input: call.input });
    },
    cancel: ({ id }) => void (calls.has(id) && send({ cancel: id })),
    leave(why, withinMs) {
      [ending, isLeaving] = [why, true];
      killWhenIdle();
      setTimeout(kill, withinMs).unref();
    },
    endIfSilent(ms) {
      if (calls.size === 0 || heardAt === undefined || Date.now() - heardAt < ms) return;
      ending = 'hung';
      kill();
    },
  };
  return member;
}
