import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  type WorkflowExecutionStatusName,
} from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  defaultPayloadConverter,
  defineSearchAttributeKey,
} from '@temporalio/common';
import { randomUUID } from 'node:crypto';
import { startWords } from '../../contracts/aboutRun.ts';
import type { RunState } from '../../contracts/runs.ts';
import { STATE_QUERY, workflowStateSchema, type WorkflowState } from '../../contracts/workflowState.ts';
import type { WorkflowType } from '../../contracts/workflows.ts';
import { resetRun, type ActivitiesOf } from './reset.ts';
import { isTemporalMissing, withTemporalDeadline } from './client.ts';
import { readStart, type Start } from './readStart.ts';
import { STARTED_BY, startWith } from './searchAttributes.ts';

const STATES: Partial<Record<WorkflowExecutionStatusName, RunState>> = {
  COMPLETED: 'success',
  FAILED: 'failed',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
  CANCELLED: 'cancelled',
};

/** One activity that is going on, with the latest details it sent in a heartbeat. */
export interface ActivityProgress {
  readonly activityId: string;
  readonly attempt: number;
  readonly progress: unknown;
}

export type TemporalRuns = ReturnType<typeof createTemporalRuns>;

/** Runs as Temporal has them, by their workflow id. Each call ends within the deadline, whatever the server does. */
export function createTemporalRuns(client: Client) {
  const within = <T>(call: () => Promise<T>) => withTemporalDeadline(client, call);
  const startUnder =
    (workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE') =>
    (
      workflow: WorkflowType,
      runId: string,
      { taskQueue, input, startedBy }: { taskQueue: string; input: unknown; startedBy: string },
    ): Promise<{ execution: string } | 'exists'> =>
      within(async () => {
        const options = { workflowId: runId, taskQueue, args: [input], workflowIdReusePolicy, workflowIdConflictPolicy: 'FAIL' } as const;
        try {
          const handle = await startWith(startWords(workflow, input, startedBy), (words) =>
            client.workflow.start(workflow, { ...options, ...words }),
          );
          return { execution: handle.firstExecutionRunId };
        } catch (error) {
          if (error instanceof WorkflowExecutionAlreadyStartedError) return 'exists';
          throw error;
        }
      });
  type StartUnder = ReturnType<typeof startUnder>;
  return {
    /** @returns `exists` when Temporal knows a run of this id already, running or closed */
    start: async (...given: Parameters<StartUnder>): Promise<'started' | 'exists'> =>
      (await startUnder('REJECT_DUPLICATE')(...given)) === 'exists' ? 'exists' : 'started',

    /** The same under an id that may run again once it has ended. @returns the execution; `exists` where one goes on */
    startAgain: startUnder('ALLOW_DUPLICATE'),

    /** Tells a run something. @returns `missing` when there is no such run or it is over */
    signal: (runId: string, name: string, ...args: readonly unknown[]): Promise<'told' | 'missing'> =>
      within(() =>
        unlessMissing(async () => {
          await client.workflow.getHandle(runId).signal(name, ...args);
          return 'told' as const;
        }),
      ),

    /**
     * What Temporal knows of a run now, with its result or the reason of its failure once it has ended.
     * @param execution of those under its id; the latest where it is null
     */
    describe: (runId: string, execution: string | null = null) =>
      within(() =>
        unlessMissing(async () => {
          const description = await describeLast(client, runId, execution ?? undefined);
          const state = STATES[description.status.name] ?? 'running';
          const { runId: temporalRunId, startTime: startedAt, closeTime: endedAt = null } = description;
          const outcome = state === 'running' ? {} : await readOutcome(client, runId, temporalRunId);
          return { state, temporalRunId, startedAt, endedAt, ...outcome };
        }),
      ),

    /**
     * Runs that started since, or that go on, a moment after they started: those of these workflows, and whatever else was sent to the queue that is
     * theirs. What went on as a new execution is no run of its own.
     */
    listStarted: ({ workflows, taskQueue }: { workflows: readonly string[]; taskQueue: string }, since: Date) =>
      within(async () => {
        const types = workflows.map((name) => `'${name}'`).join(', ');
        const isOurs = `(WorkflowType in (${types}) or TaskQueue = '${taskQueue}')`;
        const isNew = `(StartTime >= '${since.toISOString()}' or ExecutionStatus = 'Running')`;
        const query = `${isOurs} and ${isNew} and ExecutionStatus != 'ContinuedAsNew'`;
        const found = [];
        for await (const execution of client.workflow.list({ query, pageSize: LIST_PAGE })) found.push(toListedRun(execution));
        return found;
      }),

    /** How a run began, and with what. */
    readStart: (runId: string, temporalRunId: string): Promise<Start | 'missing'> =>
      within(() => unlessMissing(() => readStart(client, runId, temporalRunId))),

    /** The activities of a run that are going on; none when it is over. */
    listProgress: (workflowId: string): Promise<ActivityProgress[]> =>
      within(async () => {
        const description = await unlessMissing(() => client.workflow.getHandle(workflowId).describe());
        return description === 'missing' ? [] : readProgress(description);
      }),

    /**
     * What a workflow says that it does now; undefined where no worker says so in time: one that stands still holds nobody.
     * @param until ms since 1970
     */
    askState: async (workflowId: string, until: number): Promise<WorkflowState | undefined> => {
      const ask = () => client.workflow.getHandle(workflowId).query<unknown>(STATE_QUERY);
      const told = await client.connection.withDeadline(until, ask).catch(() => undefined);
      return workflowStateSchema.safeParse(told).data;
    },

    /** Sets a run back to before some of its activities; see `resetRun`. */
    reset: (runId: string, activities: ActivitiesOf) => resetRun(client, runId, activities),

    /** Forgets a closed run here, at once for whoever asks by its id. @param execution of those under its id; the latest where it is null */
    forget: (runId: string, execution: string | null): Promise<unknown> =>
      within(() =>
        unlessMissing(() =>
          client.workflowService.deleteWorkflowExecution({
            namespace: client.options.namespace,
            workflowExecution: { workflowId: runId, ...(execution !== null && { runId: execution }) },
          }),
        ),
      ),

    /** Executions of these workflows that are over, as far as Temporal lists them by now. */
    listClosed: async function* (workflows: readonly string[]): AsyncGenerator<{ runId: string; execution: string }> {
      const types = workflows.map((name) => `'${name}'`).join(', ');
      const query = `WorkflowType in (${types}) and ExecutionStatus != 'Running'`;
      for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: LIST_PAGE }))
        yield { runId: workflowId, execution: runId };
    },

    /** All that an execution's history holds, as text: payloads, and the words of failures, event by event; nothing of one that is gone. */
    readTexts: (runId: string, execution: string) => readTexts(client, runId, execution),

    /** @param by who asks, which its history tells @returns `missing` when there is no such run or it is over */
    cancel: (runId: string, by: string): Promise<'asked' | 'missing'> =>
      within(() =>
        unlessMissing(async () => {
          const { namespace, identity } = client.options;
          const request = { namespace, identity, requestId: randomUUID(), reason: `asked for by ${by}` };
          await client.workflowService.requestCancelWorkflowExecution({ ...request, workflowExecution: { workflowId: runId } });
          return 'asked' as const;
        }),
      ),
  };
}

const LIST_PAGE = 1_000;

const toListedRun = ({ workflowId, runId, type, startTime, typedSearchAttributes, parentExecution }: WorkflowExecutionInfo) => ({
  runId: workflowId,
  temporalRunId: runId,
  workflow: type,
  startedAt: startTime,
  scheduleId: typedSearchAttributes.get(SCHEDULED_BY) ?? null,
  scheduledAt: typedSearchAttributes.get(SCHEDULED_FOR) ?? null,
  parentId: parentExecution?.workflowId ?? null,
  startedBy: typedSearchAttributes.get(STARTED_BY) ?? null,
});

/** Temporal's own, which it gives to every run of a schedule. */
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');
const SCHEDULED_FOR = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | 'missing'> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isTemporalMissing(error)) return 'missing';
    throw error;
  }
}

/** An execution, or the one that goes on in its place: Temporal ends one that continues as new. */
async function describeLast(client: Client, workflowId: string, runId: string | undefined): Promise<WorkflowExecutionDescription> {
  const description = await client.workflow.getHandle(workflowId, runId).describe();
  if (description.status.name !== 'CONTINUED_AS_NEW') return description;
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId: description.runId },
    historyEventFilterType: CLOSE_EVENT,
  });
  const next = history?.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  return next ? describeLast(client, workflowId, next) : description;
}
const CLOSE_EVENT = 2;

async function* readTexts(client: Client, workflowId: string, runId: string): AsyncGenerator<string> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = { namespace: client.options.namespace, execution: { workflowId, runId }, ...(nextPageToken && { nextPageToken }) };
    const page = await withTemporalDeadline(client, () => unlessMissing(() => client.workflowService.getWorkflowExecutionHistory(request)));
    if (page === 'missing') return;
    for (const event of page.history?.events ?? []) yield textsIn(event).join('\n');
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken);
}

/** Every text and every payload below a message of Temporal's. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

async function readOutcome(client: Client, workflowId: string, runId: string): Promise<{ result?: unknown; error?: string }> {
  try {
    return { result: await client.workflow.getHandle(workflowId, runId, { followRuns: false }).result() };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { error: explainFailure(error.cause) };
    throw error;
  }
}

/**
 * The failure in one line, from what the workflow threw to its root cause: `SourceCorrupt: ratings.csv ends in a half row; caused by RangeError: …`.
 * The layers that only say that an activity or a child failed are left out.
 */
function explainFailure(failure: unknown): string {
  const reasons: string[] = [];
  for (let cause = failure; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure) continue;
    const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Error') : cause.name;
    const reason = `${type}: ${cause.message}`;
    if (!reasons.includes(reason)) reasons.push(reason);
  }
  return reasons.join('; caused by ') || 'the workflow failed without a reason';
}

const readProgress = ({ raw }: WorkflowExecutionDescription): ActivityProgress[] =>
  (raw.pendingActivities ?? []).map(({ activityId, attempt, heartbeatDetails }) => {
    const [details] = heartbeatDetails?.payloads ?? [];
    return {
      activityId: activityId ?? '',
      attempt: attempt ?? 1,
      progress: details ? defaultPayloadConverter.fromPayload<unknown>(details) : null,
    };
  });
