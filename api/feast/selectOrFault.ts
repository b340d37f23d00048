import type { FeatureDefinitions } from '../../domain/features/definitions.ts';
import { selectOnlineFeatures, UnknownReference, type Selection } from '../../domain/features/online/selection.ts';
import { FeastFault, viewNotFound } from './faults.ts';

/** What references stand for. @throws FeastFault in Feast's words for one that stands for nothing */
export function selectOrFault(definitions: FeatureDefinitions, references: readonly string[]): Selection {
  try {
    return selectOnlineFeatures(definitions, references);
  } catch (error) {
    if (!(error instanceof UnknownReference)) throw error;
    const { kind, reference } = error;
    const [view = '', feature] = reference.split(':');
    if (kind === 'view') throw viewNotFound(view);
    if (kind === 'feature') throw FeastFault.ofValue(`'Feature ${feature} not found in projection ${view}'`);
    const expected = "Expected format: '<feature_view>:<feature>' or '<feature_view>@<version>:<feature>'";
    throw FeastFault.ofValue(`Invalid feature reference '${reference}'. ${expected}`);
  }
}
