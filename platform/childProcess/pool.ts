import { Failure } from '../../contracts/failures.ts';
import type { Logger } from '../log.ts';
import type { Standing } from './answerCalls.ts';
import { startMember, type Call, type Ending, type Member } from './member.ts';

export interface ChildPoolSettings {
  /** The built program of each process; it calls `answerCalls`. */
  readonly file: string;
  /** Processes that answer side by side. */
  readonly size: number;
  /** Memory of each (RSS), in MB: another one takes the place of one that has more. */
  readonly mostMb: number;
  /** Calls that wait for a process at most. */
  readonly waitingAtMost: number;
  /** From a call to its answer. */
  readonly deadlineMs: number;
  /** A process that has calls and says nothing for so long is ended. */
  readonly silentAtMostMs?: number;
  readonly onTold: (pid: number, told: unknown) => void;
  readonly onEnded: (pid: number, ending: Ending) => void;
  readonly onRefused: (reason: 'full' | 'late') => void;
  readonly log: Logger;
}

export interface PoolMember {
  readonly pid: number;
  readonly standing: Standing;
  readonly residentMb: number | null;
  readonly calls: number;
}

export interface ChildPool {
  /**
   * Has one of the processes answer. A call whose process ends before its answer is given to another one, once: calls have to bear that.
   * @throws Failure `unavailable` where too many wait already, none answers in time, or two processes ended over it; what was thrown there; the signal's reason
   */
  call(name: string, input: unknown, signal?: AbortSignal): Promise<unknown>;
  members(): PoolMember[];
  waiting(): number;
  close(): Promise<void>;
}

/** Calls that one process has at a time: while one waits for the database another one is answered. */
const CALLS_AT_ONCE = 4;
const ATTEMPTS = 2;
const LOOK_EVERY_MS = 1_000;
/** Where the work itself needs more than the budget, another process would need it too. */
const REPLACE_EVERY_MS = 60_000;
/** Before another one is started in the place of one that died young: doubled each time. */
const REST = { first: 100, most: 10_000, youngMs: 10_000 };

/** Keeps so many processes of a program running, and has them answer calls. */
export function createChildPool(settings: ChildPoolSettings): ChildPool {
  const { size, mostMb, waitingAtMost, deadlineMs, silentAtMostMs = 30_000, log } = settings;
  const members = new Set<Member>();
  const waiting: Call[] = [];
  const resting = new Set<NodeJS.Timeout>();
  let calls = 0;
  let diedYoung = 0;
  let replacedAt = -Infinity;
  let successor: { of: Member; is: Member } | undefined;
  let closing: (() => void) | undefined;

  const start = (): Member => {
    const { file, onTold } = settings;
    const member = startMember({ file, heapMb: mostMb, onTold, onChange, onEnd });
    members.add(member);
    return member;
  };

  function onChange(): void {
    if (successor?.is.standing() === 'ready') {
      successor.of.leave('replaced', deadlineMs);
      successor = undefined;
    }
    while (waiting.length > 0) {
      const member = freest();
      if (!member) return;
      member.take(waiting.shift()!);
    }
  }

  /** Of those that stand best, the one with the fewest calls; undefined while they have all that they can do. */
  function freest(): Member | undefined {
    const staying = [...members].filter((member) => !member.isLeaving());
    const best = BEST_FIRST.map((standing) => staying.filter((member) => member.standing() === standing)).find(({ length }) => length > 0);
    const free = best?.reduce((least, member) => (member.calls() < least.calls() ? member : least));
    return free && free.calls() < CALLS_AT_ONCE ? free : undefined;
  }

  function onEnd(
    member: Member,
    left: readonly Call[],
    { ending, words, livedMs }: Parameters<Parameters<typeof startMember>[0]['onEnd']>[2],
  ): void {
    members.delete(member);
    settings.onEnded(member.pid, ending);
    for (const call of left.toReversed()) {
      if (call.attempts < ATTEMPTS) waiting.unshift(call);
      else call.reject(new Failure('unavailable', 'Two processes ended over this before it was answered'));
    }
    if (closing) return void (members.size === 0 && closing());
    if (ending === 'crashed' || ending === 'hung')
      log.error({ pid: member.pid, calls: left.length }, `a process ${ending === 'hung' ? 'said nothing any more' : words}`);
    diedYoung = livedMs < REST.youngMs ? diedYoung + 1 : 0;
    if (successor?.is === member || successor?.of === member) successor = undefined;
    if (staying() < size) startAfter(Math.min(REST.most, diedYoung === 0 ? 0 : REST.first * 2 ** (diedYoung - 1)));
    onChange();
  }

  const staying = () => [...members].filter((member) => !member.isLeaving()).length + resting.size;

  function startAfter(ms: number): void {
    const timer = setTimeout(() => {
      resting.delete(timer);
      start();
    }, ms);
    resting.add(timer);
  }

  function look(): void {
    for (const member of members) member.endIfSilent(silentAtMostMs);
    if (successor || Date.now() - replacedAt < REPLACE_EVERY_MS) return;
    const large = [...members].find(
      (member) => member.standing() === 'ready' && !member.isLeaving() && (member.residentMb() ?? 0) > mostMb,
    );
    if (!large) return;
    log.warn(
      { pid: large.pid, mb: large.residentMb(), most_mb: mostMb },
      'a process has more memory than it may have; another one takes its place',
    );
    replacedAt = Date.now();
    successor = { of: large, is: start() };
  }

  function call(name: string, input: unknown, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (closing) throw goingDown();
    if (waiting.length >= waitingAtMost) {
      settings.onRefused('full');
      throw new Failure('unavailable', `${waitingAtMost} requests wait already; try again shortly`);
    }
    return new Promise<unknown>((resolve, reject) => {
      let isWanted = true;
      const own: Call = {
        ...{ id: (calls += 1), name, input, attempts: 0 },
        isWanted: () => isWanted,
        resolve: end(resolve),
        reject: end(reject),
      };
      const giveUp = (reason: unknown) => {
        const place = waiting.indexOf(own);
        if (place !== -1) waiting.splice(place, 1);
        for (const member of members) member.cancel(own);
        own.reject(reason);
      };
      const timer = setTimeout(() => {
        settings.onRefused('late');
        giveUp(new Failure('unavailable', `There was no answer within ${deadlineMs / 1000} s; try again shortly`));
      }, deadlineMs);
      const onAbort = () => giveUp(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      function end<T>(settle: (value: T) => void) {
        return (value: T) => {
          isWanted = false;
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
      }
      waiting.push(own);
      onChange();
    });
  }

  for (let started = 0; started < size; started += 1) start();
  const looking = setInterval(look, LOOK_EVERY_MS);
  return {
    call: async (...given) => call(...given),
    members: () =>
      [...members].map((member) => ({
        pid: member.pid,
        standing: member.standing(),
        residentMb: member.residentMb(),
        calls: member.calls(),
      })),
    waiting: () => waiting.length,
    close() {
      clearInterval(looking);
      resting.forEach(clearTimeout);
      for (const one of waiting.splice(0)) one.reject(goingDown());
      return new Promise((resolve) => {
        closing = resolve;
        if (members.size === 0) resolve();
        for (const member of members) member.leave('closed', deadlineMs);
      });
    },
  };
}

const goingDown = () => new Failure('unavailable', 'The server is going down');
const BEST_FIRST: readonly Standing[] = ['ready', 'up'];
