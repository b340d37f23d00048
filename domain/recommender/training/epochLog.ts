import type { TrainingProgress } from '../../../contracts/training.ts';
import type { Logger } from '../../../platform/log.ts';

/** Logs each epoch once it is over, so that whoever looks at a run later sees how it learnt too. */
export function createEpochLog(log: Pick<Logger, 'info'>) {
  let latest: TrainingProgress | undefined;
  const end = () => {
    if (latest === undefined) return;
    const epoch: Partial<TrainingProgress> = { ...latest };
    delete epoch.eta_s;
    log.info(epoch, 'epoch ended');
    latest = undefined;
  };
  return {
    /** The last word on an epoch is what it was like. */
    add(progress: TrainingProgress) {
      if (latest?.epoch !== progress.epoch) end();
      latest = progress;
    },
    end,
  };
}
