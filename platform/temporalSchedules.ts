import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import { invalid, notFound, Problem } from '../contracts/problem.ts';
import type { Schedule } from '../contracts/schedules.ts';
import { withTemporalDeadline } from './temporal.ts';

/** What a schedule does: at the times of a cron line (UTC) it starts a workflow, as `<workflowId>-<time>`. */
export interface ScheduleSpec {
  readonly cron: string;
  readonly workflow: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly input: unknown;
  readonly paused: boolean;
  readonly note: string;
}

const MAX_LISTED = 200;
const NEXT_RUNS = 5;

export type TemporalSchedules = ReturnType<typeof createTemporalSchedules>;

/** Temporal's schedules, in the words of the contracts. Each call ends within the deadline. */
export function createTemporalSchedules(client: Client) {
  const within = <T>(call: () => Promise<T>) => withTemporalDeadline(client, call);
  const withHandle = <T>(scheduleId: string, call: (handle: ScheduleHandle) => Promise<T>) =>
    within(() => call(client.schedule.getHandle(scheduleId))).catch((error: unknown) => {
      if (error instanceof ScheduleNotFoundError) throw notFound(`There is no schedule ${scheduleId}`);
      throw error;
    });
  const get = (scheduleId: string): Promise<Schedule> => withHandle(scheduleId, async (handle) => toSchedule(await handle.describe()));

  /** @returns false when it exists; what is there stays */
  const createIfMissing = (scheduleId: string, spec: ScheduleSpec): Promise<boolean> =>
    within(async () => {
      try {
        await client.schedule.create({ scheduleId, ...toOptions(spec) });
        return true;
      } catch (error) {
        if (error instanceof ScheduleAlreadyRunning) return false;
        throw cronProblem(error);
      }
    });

  return {
    get,
    createIfMissing,
    /** The first schedules by id. Temporal lists one a moment after it was made. */
    async list(): Promise<Schedule[]> {
      const ids = await within(async () => {
        const found: string[] = [];
        for await (const { scheduleId } of client.schedule.list()) if (found.push(scheduleId) >= MAX_LISTED) break;
        return found.sort();
      });
      const schedules = await Promise.all(ids.map((id) => get(id).catch(nullWhenGone)));
      return schedules.filter((schedule) => schedule !== null);
    },
    /** Creates it or makes it as given; what it already ran stays. @throws Problem 422 when the cron line is wrong */
    async put(scheduleId: string, spec: ScheduleSpec): Promise<Schedule> {
      if (!(await createIfMissing(scheduleId, spec))) {
        await withHandle(scheduleId, (handle) => handle.update(() => toOptions(spec))).catch((error: unknown) => {
          throw cronProblem(error);
        });
      }
      return get(scheduleId);
    },
    remove: (scheduleId: string) => withHandle(scheduleId, (handle) => handle.delete()),
    pause: (scheduleId: string, note: string) => withHandle(scheduleId, (handle) => handle.pause(note || undefined)),
    unpause: (scheduleId: string, note: string) => withHandle(scheduleId, (handle) => handle.unpause(note || undefined)),
    /** Starts a run now, or right after the one that is going on. */
    trigger: (scheduleId: string) => withHandle(scheduleId, (handle) => handle.trigger('BUFFER_ONE')),
    /** Runs what would have run in a span of the past, one after another. */
    backfill: (scheduleId: string, { start, end }: { start: Date; end: Date }) =>
      withHandle(scheduleId, (handle) => handle.backfill({ start, end, overlap: 'BUFFER_ALL' })),
  };
}

const toOptions = ({ cron, workflow, workflowId, taskQueue, input, paused, note }: ScheduleSpec) => ({
  // Temporal keeps the times and forgets the line, except for its comment.
  spec: { cronExpressions: [`${cron} # ${cron}`] },
  action: { type: 'startWorkflow' as const, workflowType: workflow, workflowId, taskQueue, args: [input] },
  // A machine that was asleep catches up on the last day's runs, no more, and never on two at once.
  policies: { overlap: 'SKIP' as const, catchupWindow: '1 day' as const },
  state: { paused, note },
});

function toSchedule({ scheduleId, spec, action, state, info }: ScheduleDescription): Schedule {
  return {
    schedule_id: scheduleId,
    workflow: action.workflowType,
    cron: (spec.calendars ?? []).map(({ comment }) => comment ?? '').filter(Boolean),
    input: action.args?.[0] ?? {},
    paused: state.paused,
    note: state.note ?? '',
    next_runs: info.nextActionTimes.slice(0, NEXT_RUNS).map((time) => time.toISOString()),
    recent_runs: info.recentActions.map((recent) => ({
      run_id: recent.action.workflow.workflowId,
      scheduled_at: recent.scheduledAt.toISOString(),
    })),
  };
}

/** The client turns Temporal's INVALID_ARGUMENT into a TypeError; of what we send, callers choose the cron line alone. */
const cronProblem = (error: unknown) => (error instanceof TypeError ? invalid('body.cron', error.message) : error);

function nullWhenGone(error: unknown): null {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}
