import { invalid, permanent } from '../../contracts/failures.ts';
import type { FeatureDefinitions } from './definitions.ts';
import type { Feature, FeatureView, OnDemandView } from './views/view.ts';

/** A feature that was asked for by its reference, `view:feature`. */
export interface FoundFeature {
  readonly reference: string;
  readonly view: FeatureView | OnDemandView;
  readonly feature: Feature;
}

export const isOnDemand = (view: FeatureView | OnDemandView): view is OnDemandView => 'compute' in view;

/** @throws Failure `invalid` that names what there is instead */
export function findFeature(definitions: FeatureDefinitions, reference: string): FoundFeature {
  const found = lookUpFeature(definitions, reference);
  if (typeof found === 'string') throw invalid('features', found);
  return found;
}

/** @returns the feature, or in words what there is instead */
export function lookUpFeature({ views, onDemandViews }: FeatureDefinitions, reference: string): FoundFeature | string {
  const [viewName = '', name = ''] = reference.split(':');
  const all = [...views, ...onDemandViews];
  const view = all.find((candidate) => candidate.name === viewName);
  if (!view) return `${reference}: there is no feature view ${viewName}; there are ${namesOf(all)}`;
  const feature = view.features.find((candidate) => candidate.name === name);
  return feature ? { reference, view, feature } : `${reference}: ${viewName} has no feature ${name}; it has ${namesOf(view.features)}`;
}

/** @throws Failure `invalid` that names the services there are */
export function referencesOfService({ services }: FeatureDefinitions, name: string): readonly string[] {
  const service = services.find((candidate) => candidate.name === name);
  if (service) return service.features;
  throw invalid('features', `there is no feature service ${name}; there are ${namesOf(services)}`);
}

/** The stored features that references stand on: themselves, and what the on-demand ones among them read; each once. */
export function storedFeatures(definitions: FeatureDefinitions, references: readonly string[]): FoundFeature[] {
  const found = references.map((reference) => findFeature(definitions, reference));
  const read = found.flatMap(({ reference, view }) => (isOnDemand(view) ? view.reads : [reference]));
  return [...new Set(read)].map((reference) => findFeature(definitions, reference));
}

/** @throws Failure `FeatureNotTrainable` that names each feature that came from TMDB, itself or through what it reads */
export function refuseUntrainable(definitions: FeatureDefinitions, references: readonly string[]): void {
  const asked = references.map((reference) => findFeature(definitions, reference));
  const refused = [...asked, ...storedFeatures(definitions, references)].filter(({ feature }) => feature.provenance === 'tmdb');
  if (refused.length === 0) return;
  const names = [...new Set(refused.map(({ reference }) => reference))].join(', ');
  throw permanent('FeatureNotTrainable', `${names} came from TMDB, whose terms forbid training on it; take it out of the features`);
}

const namesOf = (named: readonly { readonly name: string }[]): string => named.map(({ name }) => name).join(', ');
