/** Whose data goes. */
export interface Whose {
  readonly userId: string;
  /** What is later is somebody new's */
  readonly before: Date;
}

/** How a store is gone through. */
export interface Pass {
  /** Whether nothing goes on any more that may have read what is gone: only then what it may still need is taken away */
  readonly isLast: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

export interface Found {
  readonly count: number;
  /** Why what was found stays for a while, where that is as it has to be */
  readonly kept?: { readonly reason: string; readonly until: Date | null };
}

/** One place that keeps what is told of users. Both may be done again, and in the middle of the other. */
export interface Store {
  /** @returns how many rows, files or messages went or were written anew */
  erase(whose: Whose, pass: Pass): Promise<number>;
  look(whose: Whose, pass: Pass): Promise<Found>;
}

export const counted = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** How many there are, one after the other. */
export async function countAll(found: AsyncIterable<unknown>): Promise<number> {
  const each = found[Symbol.asyncIterator]();
  let count = 0;
  while ((await each.next()).done !== true) count += 1;
  return count;
}

/** Whether there is one; the others are not looked for. */
export async function isAny(found: AsyncGenerator<unknown>): Promise<boolean> {
  const { done } = await found.next();
  await found.return(undefined);
  return done !== true;
}
