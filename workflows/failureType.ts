import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { FailureType } from '../contracts/failures.ts';

/** Whether an activity failed for good with this type. */
export const failedAs = (error: unknown, type: FailureType): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === type;

/** Whether no worker took an activity in time. */
export const wasNotTaken = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'SCHEDULE_TO_START';
