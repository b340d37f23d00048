import type { z } from 'zod';

export const TASK_QUEUES = { control: 'control', training: 'training', trainingGpu: 'training-gpu' } as const;
export type TaskQueue = (typeof TASK_QUEUES)[keyof typeof TASK_QUEUES];

/** As Temporal reads a length of time. */
type Duration = `${number} ${'seconds' | 'minute' | 'minutes' | 'hour' | 'hours'}`;

/** How a step that failed is tried again, up to the attempts of its own. */
export const RETRY = { initialIntervalS: 1, backoffCoefficient: 2, maximumIntervalS: 60 } as const;

/** A worker that was killed is noticed within this, whichever step it did; each beats once a second. */
export const HEARTBEAT: Duration = '10 seconds';

/** A step of a workflow: an activity, and how it is done. */
export interface Step {
  readonly queue: TaskQueue;
  /** Tries at most, the first with them; Infinity for a step that is never given up */
  readonly attempts: number;
  /** Of one try */
  readonly timeout: Duration;
  /** One for each model, or each part of the work */
  readonly isMany?: true;
  /** Which part it is: the place in its input that says so, such as `trial.number`. Offered again, or done again after a reset, it is the same one */
  readonly part?: string;
  /** Of a step that most runs do without: what makes a run have it */
  readonly onlyWhen?: string;
  /** It begins also while its run is paused: it looks on, or takes back */
  readonly whilePaused?: true;
  /** A look that comes again and again: the ledger does not keep its attempts */
  readonly isLook?: true;
  /** Its name in the ledger, the API and the CLI, where that is not the activity's own in snake case */
  readonly label?: string;
}

/** Who may start a workflow. */
export type Starter =
  | 'operator' // a caller of that role or above, by the workflow's name
  | 'schedule' // a schedule, or the backfill of one
  | 'backfill' // a caller who asks for the backfill of a schedule
  | 'alert' // a drift alert
  | 'rollout' // a caller who asks for the rollout of a version
  | 'overload' // a service that says that it has too much to do
  | 'change' // a change that a webhook is told of
  | 'request' // a caller who asks that a user be erased
  | 'workflow'; // another one, whose child it is

export interface Child {
  /** A workflow, or `scheduled`: whichever the schedule starts that it runs for */
  readonly workflow: string;
  /** The step that it comes after, or null where it comes first */
  readonly after: string | null;
  /** One for each model, or each time */
  readonly isMany?: true;
  /** Of a child that most runs do without: what makes a run have it */
  readonly onlyWhen?: string;
}

export interface DefaultSchedule {
  readonly id: string;
  /** The setting that holds its cron line */
  readonly cron: string;
  /** The setting without which there is nothing for it to do, so that it is not made */
  readonly needs?: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** All that is known of a workflow apart from what it does. */
export interface WorkflowRow {
  /** Its runs are named `<prefix>/<run>`; null where each is a part of another's run */
  readonly prefix: string | null;
  readonly description: string;
  /** What a caller gives; null where no caller starts it */
  readonly input: z.ZodType | null;
  readonly startedBy: readonly Starter[];
  /** Made where it is missing; what an operator changed stays */
  readonly defaultSchedule?: DefaultSchedule;
  /** By activity, in the order that they come in */
  readonly steps: Readonly<Record<string, Step>>;
  readonly children: readonly Child[];
}

/** A step whose queue is told by its type too, so that the types know what each worker must do. */
type StepOn<Queue extends TaskQueue> = Step & { readonly queue: Queue };
type More = Pick<Step, 'attempts' | 'isMany' | 'part' | 'onlyWhen' | 'whilePaused' | 'isLook' | 'label'>;
const ATTEMPTS = 8;

/** A step that takes its time. */
export const longStep = <Queue extends TaskQueue>(queue: Queue, timeout: Duration, more: Partial<More> = {}): StepOn<Queue> => ({
  queue,
  attempts: ATTEMPTS,
  timeout,
  ...more,
});

/** A step of the control worker that takes moments. */
export const shortStep = (timeout: Duration, more: Partial<More> = {}): StepOn<typeof TASK_QUEUES.control> =>
  longStep(TASK_QUEUES.control, timeout, more);
