import { proxyActivities, type ActivityInterfaceFor, type ActivityOptions } from '@temporalio/workflow';
import { HEARTBEAT, RETRY, type Step } from '../contracts/workflowRow.ts';

/** How Temporal is to do a step. */
export const optionsOf = ({ queue, attempts, timeout }: Step): ActivityOptions => ({
  taskQueue: queue,
  startToCloseTimeout: timeout,
  heartbeatTimeout: HEARTBEAT,
  retry: {
    initialInterval: `${RETRY.initialIntervalS} seconds`,
    backoffCoefficient: RETRY.backoffCoefficient,
    maximumInterval: `${RETRY.maximumIntervalS} seconds`,
    maximumAttempts: attempts,
  },
});

/** The steps of a row, to call: each goes to its queue, and is tried and timed, as the row says. */
export const stepsOf = <Steps extends Readonly<Record<string, Step>>>(steps: Steps) => ({
  /** @typeParam Activities what does them */
  by: <Activities>() =>
    Object.fromEntries(Object.entries(steps).map(([activity, step]) => [activity, proxyActivities(optionsOf(step))[activity]])) as Pick<
      ActivityInterfaceFor<Activities>,
      keyof Steps & keyof Activities
    >,
});
