import { permanent } from '../../../contracts/failures.ts';

/** Who may start, by the memory that a worker has. */
export interface Admission {
  readonly budgetMb: number;
  reservedMb(): number;
  /**
   * Waits until `needMb` is free; first come, first served, so that a large task is not passed by small ones for ever.
   * @param onWait told how many stand before it, when it begins to wait and each time that one of them has left
   * @returns what gives the memory back
   * @throws Failure `WorkerTooSmall`; a failure `WorkerBusy` where it waited too long, which gives the slot back for work that fits
   */
  enter(task: string, needMb: number, signal: AbortSignal, onWait?: (before: number) => void): Promise<() => void>;
}

interface Waiter {
  readonly needMb: number;
  readonly admit: () => void;
  readonly onWait: (before: number) => void;
}

export function createAdmission({ budgetMb, patienceMs }: { budgetMb: number; patienceMs: number }): Admission {
  const waiting: Waiter[] = [];
  let reserved = 0;

  function admitFirst() {
    for (let first = waiting[0]; first && reserved + first.needMb <= budgetMb; first = waiting[0]) {
      waiting.shift();
      reserved += first.needMb;
      first.admit();
    }
    waiting.forEach(({ onWait }, before) => onWait(before));
  }
  function leave(needMb: number) {
    reserved -= needMb;
    admitFirst();
  }
  const wait = (needMb: number, signal: AbortSignal, onWait: Waiter['onWait'], busy: () => Error) =>
    new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        settle();
      };
      const waiter: Waiter = { needMb, admit: () => end(resolve), onWait };
      const giveUp = (reason: Error) => {
        waiting.splice(waiting.indexOf(waiter), 1);
        end(() => reject(reason));
        admitFirst(); // who stood behind may fit
      };
      const cancel = () => giveUp(signal.reason as Error);
      const timer = setTimeout(() => giveUp(busy()), patienceMs);
      signal.addEventListener('abort', cancel, { once: true });
      waiting.push(waiter);
      admitFirst();
    });

  return {
    budgetMb,
    reservedMb: () => reserved,
    async enter(task, needMb, signal, onWait = () => undefined) {
      signal.throwIfAborted();
      const need = `${task} needs about ${Math.ceil(needMb)} MB`;
      if (needMb > budgetMb) {
        throw permanent('WorkerTooSmall', `${need}, and this worker has ${Math.floor(budgetMb)} MB in all (TRAINING_MEMORY_MB)`);
      }
      const busy = () =>
        permanent(
          'WorkerBusy',
          `${need}, and of this worker's ${Math.floor(budgetMb)} MB others had ${Math.ceil(reserved)} MB for ${patienceMs / 1000} s`,
        );
      await wait(needMb, signal, onWait, busy);
      return () => leave(needMb);
    },
  };
}
