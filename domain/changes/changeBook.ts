import { randomBytes } from 'node:crypto';
import { CHANGE_SUBJECTS, type ChangeSubject } from '../../contracts/changes.ts';
import type { Listener } from '../../platform/postgres.ts';
import { subjectsOf } from './subjectsOf.ts';

/** What comes within this time is told as one. */
const GATHERED_MS = 200;
/** Changes that are remembered for who was away for a moment. */
const REMEMBERED = 200;
/** After the last who follows: whoever only loads its page anew finds the same book. */
const LINGER_MS = 60_000;

export interface ToldChange {
  /** By which whoever comes back says how far they had read */
  readonly id: string;
  readonly subjects: readonly ChangeSubject[];
}

export interface ChangeBook {
  /**
   * @param lastId of what was read last; undefined of somebody who has read nothing
   * @param tell called with each change from now on
   * @returns what was missed since then, everything where nobody knows, or nothing; and how to end
   */
  follow(lastId: string | undefined, tell: (change: ToldChange) => void): { readonly missed: ToldChange; readonly stop: () => void };
  close(): Promise<void>;
}

/**
 * What has changed, for all who follow it in this process, whichever process changed it: one connection to the database while anybody does, and none else.
 * @param hear begins to listen; told the name of each table that changes, and null where some may have been missed
 */
export function createChangeBook(hear: (onHeard: (told: string | null) => void) => Listener): ChangeBook {
  const followers = new Set<(change: ToldChange) => void>();
  let listening: { readonly listener: Listener; readonly name: string } | undefined;
  let lingering: NodeJS.Timeout | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let gathered = new Set<ChangeSubject>();
  let told: { readonly nth: number; readonly subjects: readonly ChangeSubject[] }[] = [];
  let nth = 0;

  const idOf = (at: number) => `${listening?.name}-${at}`;

  function onHeard(table: string | null) {
    for (const subject of table === null ? CHANGE_SUBJECTS : subjectsOf(table)) gathered.add(subject);
    if (gathered.size > 0) gathering ??= setTimeout(tellGathered, GATHERED_MS);
  }
  function tellGathered() {
    gathering = undefined;
    nth += 1;
    const subjects = [...gathered];
    gathered = new Set();
    told = [...told.slice(1 - REMEMBERED), { nth, subjects }];
    for (const tell of followers) tell({ id: idOf(nth), subjects });
  }
  function missedSince(lastId: string | undefined): readonly ChangeSubject[] {
    if (lastId === undefined) return [];
    const [name, read] = [lastId.slice(0, lastId.lastIndexOf('-')), Number(lastId.slice(lastId.lastIndexOf('-') + 1))];
    const isRemembered = name === listening?.name && read <= nth && read >= (told[0]?.nth ?? nth + 1) - 1;
    if (!isRemembered) return CHANGE_SUBJECTS;
    return [...new Set(told.filter((one) => one.nth > read).flatMap(({ subjects }) => subjects))];
  }
  async function rest() {
    clearTimeout(lingering);
    clearTimeout(gathering);
    gathering = undefined;
    const ending = listening?.listener;
    listening = undefined;
    told = [];
    await ending?.stop();
  }

  return {
    follow(lastId, tell) {
      clearTimeout(lingering);
      listening ??= { listener: hear(onHeard), name: randomBytes(4).toString('hex') };
      followers.add(tell);
      return {
        missed: { id: idOf(nth), subjects: missedSince(lastId) },
        stop() {
          followers.delete(tell);
          if (followers.size > 0) return;
          clearTimeout(lingering);
          lingering = setTimeout(() => void rest(), LINGER_MS).unref();
        },
      };
    },
    close: rest,
  };
}
