import { clip } from './bounded.ts';
import { FAULTS } from './sizes.ts';

/** Failures by the names that workflows and callers know. Those that retries can mend say so. */
export const FAILURE_TYPES = [
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
  'WorkerBusy', // a worker had no memory free for a task in time; the workflow offers it again
] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];

/** A failure with a type of the list, thrown by the domain; activities turn it into a non-retryable failure of Temporal. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
  constructor(
    readonly type: FailureType,
    message: string,
    options?: ErrorOptions,
  ) {
    super(clip(message, FAULTS.textCharacters), options);
  }
}
