import type { Client, WorkflowHandle } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { isTemporalMissing, withTemporalDeadline } from './client.ts';

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** Activities that are to run again, by the workflow that scheduled them: a run's own, or a child's. */
export type ActivitiesOf = ReadonlyMap<string, ReadonlySet<string>>;

export interface ResetRun {
  /** The execution that goes on under the run's id */
  readonly temporalRunId: string;
  /** The workflows, of the run and its children, that were set back */
  readonly workflowIds: string[];
}

/** Nothing that came after the point is applied to the new execution, above all not that a child failed. */
const REAPPLY_NOTHING = [1, 2, 3, 4]; // signals, updates, nexus, cancel requests

/**
 * Sets a run back to before the first of some activities, so that it goes on from there: what came before is kept, what came after is done again.
 *
 * An activity of a child needs two resets. The parent goes back to before it heard how the child ended, and waits for it again; then the child goes
 * back to before the activity. Children whose end the parent forgot in this are set back to their last task alone: they end again as they did.
 */
export async function resetRun(client: Client, runId: string, activities: ActivitiesOf): Promise<ResetRun | 'missing'> {
  try {
    return await withTemporalDeadline(client, () => reset(client, runId, activities));
  } catch (error) {
    if (isTemporalMissing(error) || isTemporalMissing((error as Error).cause)) return 'missing';
    throw error;
  }
}

async function reset(client: Client, runId: string, activities: ActivitiesOf): Promise<ResetRun> {
  const parent = await readHistory(client, runId);
  const children = childrenOf(parent.events);
  const forget = Math.min(
    ...scheduledIds(parent.events, activities.get(runId)),
    ...children.filter(({ workflowId }) => activities.has(workflowId)).map(({ closedId }) => closedId),
  );
  const workflowIds: string[] = [];
  let { temporalRunId } = parent;
  let lastKept = Infinity;
  if (Number.isFinite(forget)) {
    const point = taskBefore(parent.events, forget);
    lastKept = point - 1;
    await endChildren(client, children.filter(({ initiatedId, closedId }) => initiatedId > lastKept && closedId === Infinity)); // prettier-ignore
    temporalRunId = await resetTo(client, runId, parent.temporalRunId, point);
    workflowIds.push(runId);
  }
  for (const { workflowId, initiatedId, closedId } of children) {
    const endIsKept = closedId !== Infinity && closedId <= lastKept;
    if (initiatedId > lastKept || endIsKept) continue; // not started yet, or its end is remembered
    if (await resetChild(client, workflowId, activities.get(workflowId))) workflowIds.push(workflowId);
  }
  return { temporalRunId, workflowIds };
}

/** @returns false for a child that goes on by itself */
async function resetChild(client: Client, workflowId: string, activities: ReadonlySet<string> | undefined): Promise<boolean> {
  const { temporalRunId, events, isOpen } = await readHistory(client, workflowId);
  if (!activities && isOpen) return false;
  const from = activities ? Math.min(...scheduledIds(events, activities)) : Infinity;
  const point = taskBefore(events, Number.isFinite(from) ? from : idOf(events.at(-1)));
  await resetTo(client, workflowId, temporalRunId, point);
  return true;
}

/** Children that the parent will start anew, under the same ids. */
async function endChildren(client: Client, children: readonly Child[]): Promise<void> {
  for (const { workflowId } of children) {
    await client.workflow
      .getHandle(workflowId)
      .terminate('the run was set back to before it')
      .catch(() => undefined); // it has ended meanwhile
  }
}

async function resetTo(client: Client, workflowId: string, runId: string, eventId: number): Promise<string> {
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    reason: 'cleared, to go on from a step',
    workflowTaskFinishEventId: eventId as never,
    requestId: randomUUID(),
    resetReapplyExcludeTypes: REAPPLY_NOTHING,
  });
  return answer.runId;
}

async function readHistory(client: Client, workflowId: string): Promise<{ temporalRunId: string; events: Event[]; isOpen: boolean }> {
  const { runId, status } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return { temporalRunId: runId, events: events ?? [], isOpen: status.name === 'RUNNING' };
}

interface Child {
  readonly workflowId: string;
  readonly initiatedId: number;
  /** The event that told how it ended; Infinity while it goes on */
  readonly closedId: number;
}

function childrenOf(events: readonly Event[]): Child[] {
  const closed = new Map(
    events.flatMap((event) => {
      const end =
        event.childWorkflowExecutionCompletedEventAttributes ??
        event.childWorkflowExecutionFailedEventAttributes ??
        event.childWorkflowExecutionCanceledEventAttributes ??
        event.childWorkflowExecutionTimedOutEventAttributes ??
        event.childWorkflowExecutionTerminatedEventAttributes ??
        event.startChildWorkflowExecutionFailedEventAttributes;
      return end ? [[Number(end.initiatedEventId), idOf(event)] as const] : [];
    }),
  );
  return events.flatMap((event) => {
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (!initiated) return [];
    return [{ workflowId: initiated.workflowId ?? '', initiatedId: idOf(event), closedId: closed.get(idOf(event)) ?? Infinity }];
  });
}

const scheduledIds = (events: readonly Event[], activityIds: ReadonlySet<string> = new Set()): number[] =>
  events.filter((event) => activityIds.has(event.activityTaskScheduledEventAttributes?.activityId ?? '')).map(idOf);

/**
 * The latest place before an event to which Temporal can reset: right after a workflow task was started or, where the event came in between, was
 * scheduled.
 */
function taskBefore(events: readonly Event[], eventId: number): number {
  const scheduled = Math.max(...events.filter((event) => event.workflowTaskScheduledEventAttributes && idOf(event) < eventId).map(idOf));
  const started = events.find((event) => Number(event.workflowTaskStartedEventAttributes?.scheduledEventId) === scheduled);
  return started && idOf(started) < eventId ? idOf(started) + 1 : scheduled + 1;
}

const idOf = (event: Event | undefined): number => Number(event?.eventId ?? 0);
