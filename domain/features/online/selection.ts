import type { FeatureDefinitions } from '../definitions.ts';
import { isOnDemand } from '../references.ts';
import type { Entity, Feature, FeatureView, OnDemandView } from '../views/view.ts';

/** Features of one stored view that a request reads, itself or for an on-demand view. */
export interface StoredPart {
  readonly view: FeatureView;
  readonly names: readonly string[];
}

/** One feature that was asked for. */
export interface SelectedFeature {
  /** `view:feature` */
  readonly reference: string;
  readonly feature: Feature;
  readonly view: FeatureView | OnDemandView;
}

/** What a set of references comes to; made once for all requests that ask for the same. */
export interface Selection {
  readonly features: readonly SelectedFeature[];
  readonly stored: readonly StoredPart[];
  readonly onDemand: readonly OnDemandView[];
  /** The entities whose ids a request must give. */
  readonly entities: readonly Entity[];
}

/** A reference that stands for nothing: not of the form `view:feature`, or there is no such view, or no such feature in it. */
export class UnknownReference extends Error {
  override readonly name = 'UnknownReference';
  constructor(
    readonly kind: 'form' | 'view' | 'feature',
    readonly reference: string,
  ) {
    super(`${reference} is no feature`);
  }
}

/** @throws UnknownReference */
export function selectOnlineFeatures(definitions: FeatureDefinitions, references: readonly string[]): Selection {
  const features = references.map((reference) => findReference(definitions, reference));
  const onDemand = [...new Set(features.flatMap(({ view }) => (isOnDemand(view) ? [view] : [])))];
  const read = [...features, ...onDemand.flatMap(({ reads }) => reads.map((reference) => findReference(definitions, reference)))];
  const views = [...new Set(read.flatMap(({ view }) => (isOnDemand(view) ? [] : [view])))];
  const namesIn = (view: FeatureView) => [...new Set(read.filter((one) => one.view === view).map(({ feature }) => feature.name))];
  return {
    features,
    onDemand,
    stored: views.map((view) => ({ view, names: namesIn(view) })),
    entities: [...new Map(views.map(({ entity }) => [entity.name, entity])).values()],
  };
}

function findReference({ views, onDemandViews }: FeatureDefinitions, reference: string): SelectedFeature {
  const [viewName = '', name, ...rest] = reference.split(':');
  if (name === undefined || rest.length > 0) throw new UnknownReference('form', reference);
  const view = [...views, ...onDemandViews].find((candidate) => candidate.name === viewName);
  if (!view) throw new UnknownReference('view', reference);
  const feature = view.features.find((candidate) => candidate.name === name);
  if (!feature) throw new UnknownReference('feature', reference);
  return { reference, feature, view };
}
