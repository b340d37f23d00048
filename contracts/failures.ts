import { boundedErrors, clip, fieldErrorsText, type FieldError } from './bounded.ts';
import { FAULTS } from './sizes.ts';

/** Failures by the names that workflows and callers know. Those that retries can mend say so. */
export const FAILURE_TYPES = [
  'NotFound', // something that was named is not there
  'Conflict', // what is there stands against it
  'Unavailable', // an engine is away; tried again
  'SourceUnavailable', // a source file or endpoint is not there, or not configured
  'SourceCorrupt', // a source file is truncated or is not what it says
  'FolderUnusable', // a file or folder that is ours to write or read is not as it should be, and stays so until someone mends it
  'QualityGateFailed', // staged data breaks a rule and is not published
  'EmptyDataset', // nothing to learn from
  'InvalidSpec', // hyper-parameters out of range
  'SnapshotMissing', // a blob that a reference names is gone
  'SnapshotCorrupt', // a snapshot's file is not what was written; its words name the file, and the row or the column
  'LeakingSplit', // what is held out is in the training data, or a negative is none
  'ChampionChanged', // another version became champion after the comparison; evaluating again mends it
  'NumericalFailure', // NaN or infinite loss
  'BackendUnsupported', // the kind of model needs an operation that the worker's TensorFlow backend lacks
  'FeatureNotTrainable', // a feature that may be shown and not learnt from
  'FeatureRuleBroken', // a feature whose values are not what its definition says is good
  'ScheduleMissing', // a backfill whose schedule was deleted
  'OutOfMemory', // tried again where the system killed the process: another task may have taken the memory
  'TaskCrashed', // a training process ended by itself; tried again
  'WorkerTooSmall', // a task needs more memory than its worker has at all
  'ValueNotKept', // a value that a file does not give back as it was; its words name the row
  'ModelCorrupt', // a model's file is gone or is not what was saved; its words name the file
  'ModelMissing', // no version of a model where one is needed
  'ModelsFailed', // some models of a run failed; what the others came to is in its words and its details
  'DeliveryFailed', // a webhook's receiver did not take what it was told; tried again where that can help
  'WorkerBusy', // a worker had no memory free for a task in time; the workflow offers it again
] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];

/**
 * What is wrong, as the domain says it: something that was named is not there; what is there stands against it; a field cannot be taken; an engine is
 * away, and the same can pass a moment later; or something fails whoever asks and however often.
 */
export type FailureKind = 'missing' | 'conflict' | 'invalid' | 'unavailable' | 'permanent';

/**
 * The one error that says what is wrong in words for a person. Each door answers it by its own table (platform/http/problems.ts, api/airflow, api/feast), and
 * workers/recordSteps.ts says to Temporal whether to try again. Its words are bounded, whatever somebody sent is quoted in them.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly type: FailureType;
  /** Of an invalid one: each field at fault, by the name that the caller knows */
  readonly errors: readonly FieldError[];
  /** Of an unavailable one */
  readonly retryAfterS = 2;
  constructor(
    readonly kind: FailureKind,
    message: string,
    { type = TYPES[kind], errors = [], ...options }: FailureDetails = {},
  ) {
    super(clip(message, FAULTS.textCharacters), options);
    this.type = type;
    this.errors = errors;
  }
}

interface FailureDetails extends ErrorOptions {
  readonly type?: FailureType;
  readonly errors?: readonly FieldError[];
}

const TYPES: Record<FailureKind, FailureType> = {
  missing: 'NotFound',
  conflict: 'Conflict',
  invalid: 'InvalidSpec',
  unavailable: 'Unavailable',
  permanent: 'InvalidSpec',
};

export const missing = (message: string, type?: FailureType) => new Failure('missing', message, { ...(type && { type }) });
export const conflict = (message: string) => new Failure('conflict', message);
export const invalid = (field: string, message: string) => invalidFields([{ field, message }]);
export const invalidFields = (given: readonly FieldError[]) => {
  const errors = boundedErrors(given);
  return new Failure('invalid', fieldErrorsText(errors), { errors });
};
/** As `invalid`, in words that name the field themselves */
export const refused = (message: string) => new Failure('invalid', message);
/** An engine that this needs is not there now. */
export const unavailable = (dependency: string) => new Failure('unavailable', `${dependency} is not available; try again shortly`);
/** What failed now and can pass the next time. */
export const passing = (type: FailureType, message: string) => new Failure('unavailable', message, { type });
export const permanent = (type: FailureType, message: string, options?: ErrorOptions) =>
  new Failure('permanent', message, { type, ...options });
