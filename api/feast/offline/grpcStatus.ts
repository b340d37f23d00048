import { status } from '@grpc/grpc-js';
import { Failure, type FailureKind, unavailable } from '../../../contracts/failures.ts';
import type { ProblemKind } from '../../../contracts/problem.ts';
import { Problem } from '../../../platform/http/problems.ts';
import { isDatabaseUnavailable, isDataRefused } from '../../../platform/postgres.ts';
import { FeastFault, wordsOf } from '../faults.ts';

export interface GrpcStatus {
  readonly code: status;
  readonly details: string;
}

const CODES: Readonly<Record<FailureKind, status>> = {
  missing: status.NOT_FOUND,
  conflict: status.ABORTED,
  invalid: status.INVALID_ARGUMENT,
  unavailable: status.UNAVAILABLE,
  permanent: status.FAILED_PRECONDITION,
};
const CODES_OF_PROBLEMS: Partial<Record<ProblemKind, status>> = {
  unauthorized: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  tooMany: status.RESOURCE_EXHAUSTED,
};

/** How an error ends a call of the offline store. */
export function toGrpcStatus(error: unknown): GrpcStatus {
  if (error instanceof FeastFault) return { code: status.INVALID_ARGUMENT, details: error.inFlight };
  if (error instanceof Failure) return { code: CODES[error.kind], details: wordsOf(error) };
  if (error instanceof Problem) return { code: CODES_OF_PROBLEMS[error.kind] ?? status.INTERNAL, details: error.message };
  if (isDatabaseUnavailable(error)) return toGrpcStatus(unavailable('postgres'));
  if (isDataRefused(error)) return { code: status.INVALID_ARGUMENT, details: `The database cannot keep what was sent: ${error.message}` };
  if ((error as Error).name === 'TimeoutError')
    return { code: status.DEADLINE_EXCEEDED, details: 'This took too long; ask for fewer rows at once' };
  return { code: status.INTERNAL, details: 'Something went wrong here; the log has it' };
}
