import type { Schedule } from '../contracts/schedules.ts';
import { auditedRequest } from '../platform/audit.ts';
import type { TemporalRuns } from '../platform/temporal/runs.ts';
import type { TemporalSchedules } from '../platform/temporal/schedules.ts';

/** What is written down of a schedule: what somebody set, not when it ran. */
const setOf = ({ next_runs: _next, next_runs_local: _local, recent_runs: _recent, ...set }: Schedule) => set;

/** Schedules whose changes are written down, with what they were before, whichever door they come by. */
export function auditSchedules(schedules: TemporalSchedules): TemporalSchedules {
  const read = (scheduleId: string) => schedules.get(scheduleId).then(setOf, () => undefined);
  const noting =
    <Given extends [string, ...unknown[]], T>(what: string, change: (...given: Given) => Promise<T>) =>
    async (...given: Given): Promise<T> => {
      const request = auditedRequest();
      if (!request) return change(...given);
      await request.begin();
      const [scheduleId] = given;
      const before = await read(scheduleId);
      const result = await change(...given);
      await request.note({ what: `${what} schedule`, target: `schedules/${scheduleId}`, before, after: await read(scheduleId) });
      return result;
    };
  return {
    ...schedules,
    put: noting('put', (...given: Parameters<TemporalSchedules['put']>) => schedules.put(...given)),
    remove: noting('remove', schedules.remove),
    pause: noting('pause', schedules.pause),
    unpause: noting('unpause', schedules.unpause),
    trigger: noting('trigger', schedules.trigger),
  };
}

/** Runs whose start, cancelling and resetting is written down; the ledger has their inputs. */
export const auditRuns = (runs: TemporalRuns): TemporalRuns => ({
  ...runs,
  start: async (workflow, runId, given) => {
    await auditedRequest()?.begin();
    const outcome = await runs.start(workflow, runId, given);
    if (outcome === 'started') await auditedRequest()?.note({ what: 'start run', target: `runs/${runId}`, after: { workflow } });
    return outcome;
  },
  signal: async (...given) => {
    await auditedRequest()?.begin();
    return runs.signal(...given);
  },
  cancel: async (runId, by) => {
    await auditedRequest()?.begin();
    const outcome = await runs.cancel(runId, by);
    if (outcome === 'asked') await auditedRequest()?.note({ what: 'cancel run', target: `runs/${runId}` });
    return outcome;
  },
});
