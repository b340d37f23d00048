import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  type ScheduleOverlapPolicy,
} from '@temporalio/client';
import { msNumberToTs, tsToDate } from '@temporalio/common/lib/time.js';
import type { z } from 'zod';
import { cronFieldsOf, intervalOfLine, lineOfInterval } from '../../contracts/cron.ts';
import { Failure, invalid, missing } from '../../contracts/failures.ts';
import { startWords } from '../../contracts/aboutRun.ts';
import type { OverlapPolicy, putScheduleBodySchema, Schedule } from '../../contracts/schedules.ts';
import { inZone, zoneNamed } from '../../contracts/timeZone.ts';
import type { WorkflowType } from '../../contracts/workflows.ts';
import { isTemporalMissing, withTemporalDeadline } from './client.ts';
import { cronOf } from './cronOf.ts';
import { startWith, type StartOptions } from './searchAttributes.ts';

/** What a schedule does: at its times it starts a workflow, as `<workflowId>-<time>`. */
export interface ScheduleSpec extends Omit<z.output<typeof putScheduleBodySchema>, 'workflow' | 'input'> {
  readonly workflow: WorkflowType;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly input: unknown;
}

/** What a schedule starts, and the beginning of its runs' ids. */
export type ScheduleAction = Pick<ScheduleSpec, 'workflowId' | 'input'> & { readonly workflow: string };

const MAX_LISTED = 200;
const NEXT_RUNS = 5;

export type TemporalSchedules = ReturnType<typeof createTemporalSchedules>;

/** Temporal's schedules, in the words of the contracts. Each call ends within the deadline. */
export function createTemporalSchedules(client: Client) {
  const within = <T>(call: () => Promise<T>) => withTemporalDeadline(client, call);
  const withHandle = <T>(scheduleId: string, call: (handle: ScheduleHandle) => Promise<T>) =>
    within(() => call(client.schedule.getHandle(scheduleId))).catch((error: unknown) => {
      const isMissing = error instanceof ScheduleNotFoundError || isTemporalMissing(error);
      if (isMissing) throw missing(`There is no schedule ${scheduleId}`, 'ScheduleMissing');
      throw error;
    });
  const get = (scheduleId: string): Promise<Schedule> => withHandle(scheduleId, async (handle) => toSchedule(await handle.describe()));

  /** @returns false when it exists; what is there stays */
  const createIfMissing = (scheduleId: string, spec: ScheduleSpec): Promise<boolean> =>
    within(async () => {
      try {
        await startWith(wordsOf(scheduleId, spec), (words) => client.schedule.create({ scheduleId, ...toOptions(spec, words) }));
        return true;
      } catch (error) {
        if (error instanceof ScheduleAlreadyRunning) return false;
        throw specProblem(error);
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
    /** Creates it or makes it as given; what it already ran stays. @throws Failure `invalid` when Temporal refuses its times */
    async put(scheduleId: string, spec: ScheduleSpec): Promise<Schedule> {
      if (!(await createIfMissing(scheduleId, spec))) {
        await withHandle(scheduleId, (handle) =>
          startWith(wordsOf(scheduleId, spec), (words) => handle.update(() => toOptions(spec, words))),
        ).catch((error: unknown) => {
          throw specProblem(error);
        });
      }
      return get(scheduleId);
    },
    remove: (scheduleId: string) => withHandle(scheduleId, (handle) => handle.delete()),
    pause: (scheduleId: string, note: string) => withHandle(scheduleId, (handle) => handle.pause(note || undefined)),
    unpause: (scheduleId: string, note: string) => withHandle(scheduleId, (handle) => handle.unpause(note || undefined)),
    /** Starts a run now, or right after the one that is going on. */
    trigger: (scheduleId: string) => withHandle(scheduleId, (handle) => handle.trigger('BUFFER_ONE')),
    getAction: (scheduleId: string): Promise<ScheduleAction> =>
      withHandle(scheduleId, async (handle) => {
        const { workflowType: workflow, workflowId, args = [] } = (await handle.describe()).action;
        const [input = {}] = args as unknown[];
        return { workflow, workflowId, input };
      }),
    /** The times after `after` and up to `until` at which it would start a run, the first thousand of them; whether it is paused plays no part. */
    listTimes: (scheduleId: string, { after, until }: { after: Date; until: Date }): Promise<Date[]> =>
      withHandle(scheduleId, async () => {
        const range = { startTime: msNumberToTs(after.getTime()), endTime: msNumberToTs(until.getTime()) };
        const { namespace } = client.options;
        const { startTime } = await client.workflowService.listScheduleMatchingTimes({ namespace, scheduleId, ...range });
        return startTime.map((time) => tsToDate(time));
      }),
  };
}

/** What each run of a schedule has in Temporal. */
const wordsOf = (scheduleId: string, { workflow, input }: ScheduleSpec) => startWords(workflow, input, `schedule/${scheduleId}`);

const toOptions = (
  { workflow, workflowId, taskQueue, input, paused, note, overlap, catchup_window_s, ...times }: ScheduleSpec,
  words: StartOptions,
) => ({
  spec: toSpec(times),
  action: { type: 'startWorkflow' as const, workflowType: workflow, workflowId, taskQueue, args: [input], ...words },
  policies: { overlap: overlap.toUpperCase() as ScheduleOverlapPolicy, catchupWindow: catchup_window_s * 1_000 },
  state: { paused, note },
});

function toSpec({ cron, intervals, calendars, timezone }: Pick<ScheduleSpec, 'cron' | 'intervals' | 'calendars' | 'timezone'>) {
  const every = [...intervals, ...cron.flatMap((line) => intervalOfLine(line) ?? [])];
  // Temporal keeps the times and forgets the line, except for its comment.
  const lines = cron.flatMap((line) => (intervalOfLine(line) ? [] : [`${cronFieldsOf(line)} # ${line}`]));
  const fields = calendars.map(({ second, minute, hour, day_of_month, month, day_of_week, year }) =>
    [second, minute, hour, day_of_month, month, day_of_week, year].join(' '),
  );
  return {
    cronExpressions: [...lines, ...fields],
    intervals: every.map(({ every_s, offset_s }) => ({ every: every_s * 1_000, offset: offset_s * 1_000 })),
    timezone,
  };
}

const lineOf = ({ every, offset }: { every: number; offset: number }) =>
  lineOfInterval({ every_s: every / 1_000, offset_s: offset / 1_000 });

function toSchedule({ scheduleId, spec, action, policies, state, info, raw }: ScheduleDescription): Schedule {
  const timezone = spec.timezone || 'UTC';
  const zone = zoneNamed(timezone) ?? 'UTC'; // one that Temporal alone knows
  const nextRuns = info.nextActionTimes.slice(0, NEXT_RUNS).map((time) => time.toISOString());
  return {
    schedule_id: scheduleId,
    workflow: action.workflowType,
    cron: [...(raw.schedule?.spec?.structuredCalendar ?? []).map(cronOf), ...(spec.intervals ?? []).map(lineOf)],
    timezone,
    input: action.args?.[0] ?? {},
    paused: state.paused,
    note: state.note ?? '',
    overlap: (policies.overlap ?? 'SKIP').toLowerCase() as OverlapPolicy,
    catchup_window_s: policies.catchupWindow / 1_000,
    next_runs: nextRuns,
    next_runs_local: nextRuns.map((time) => inZone(time, zone)),
    recent_runs: info.recentActions.map((recent) => ({
      run_id: recent.action.workflow.workflowId,
      scheduled_at: recent.scheduledAt.toISOString(),
    })),
  };
}

/** The client turns Temporal's INVALID_ARGUMENT into a TypeError; of what we send and have not checked, it knows the zones of its own machine alone. */
const specProblem = (error: unknown) =>
  error instanceof TypeError ? invalid(/zone/i.test(error.message) ? 'timezone' : 'cron', error.message) : error;

function nullWhenGone(error: unknown): null {
  if (error instanceof Failure && error.kind === 'missing') return null;
  throw error;
}
