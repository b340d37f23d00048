/** Failures that no retry can mend. Workflows and callers know them by these names. */
export const FAILURE_TYPES = [
  'SourceUnavailable', // a source file or endpoint is not there, or not configured
  'SourceCorrupt', // a source file is truncated or is not what it says
  'QualityGateFailed', // staged data breaks a rule and is not published
  'EmptyDataset', // nothing to learn from
  'InvalidSpec', // hyper-parameters out of range
  'SnapshotMissing', // a blob that a reference names is gone
  'LeakingSplit', // what is held out is in the training data, or a negative is none
  'ChampionChanged', // another version became champion after the comparison; evaluating again mends it
  'NumericalFailure', // NaN or infinite loss
  'OutOfMemory',
  'FeatureNotTrainable', // a feature that may be shown and not learnt from
  'FeatureRuleBroken', // a feature whose values are not what its definition says is good
  'ScheduleMissing', // a backfill whose schedule was deleted
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
    super(message, options);
  }
}
