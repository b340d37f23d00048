import type { FeatureSettings } from '../../contracts/settings/features.ts';
import { invalid } from '../../contracts/failures.ts';
import type { Entity, FeatureService, FeatureView, OnDemandView } from './views/view.ts';
import { ENTITIES } from './views/entities.ts';
import { genreMatch } from './views/genreMatch.ts';
import { movieAttributes } from './views/movieAttributes.ts';
import { movieFeatures } from './views/movieFeatures.ts';
import { movieTrends } from './views/movieTrends.ts';
import { FEATURE_SERVICES } from './views/services.ts';
import { userFeatures } from './views/userFeatures.ts';
import { userRecent } from './views/userRecent.ts';

/** Everything the feature store knows of. */
export interface FeatureDefinitions {
  readonly entities: readonly Entity[];
  readonly views: readonly FeatureView[];
  readonly onDemandViews: readonly OnDemandView[];
  readonly services: readonly FeatureService[];
}

/** The platform's own definitions: a view more is a file under views/ and a line here. */
export const DEFINITIONS: FeatureDefinitions = {
  entities: ENTITIES,
  views: [movieFeatures, userFeatures, userRecent, movieTrends],
  onDemandViews: [genreMatch],
  services: FEATURE_SERVICES,
};

/**
 * The same, and a view of those further columns of the catalogue that are declared.
 * @throws Failure `invalid` for one that is called as another feature of movies, which are read by their names alone
 */
export function definitionsWith({ movieAttributes: declared }: FeatureSettings): FeatureDefinitions {
  if (declared.length === 0) return DEFINITIONS;
  const view = movieAttributes(declared);
  for (const { name, entity, features } of DEFINITIONS.views.filter((other) => other.entity === view.entity)) {
    const taken = declared.find((attribute) => features.some((feature) => feature.name === attribute.name));
    if (!taken) continue;
    throw invalid(
      'MOVIE_ATTRIBUTES',
      `view ${name} of ${entity.name} has a feature ${taken.name}; write another name before =${taken.column}`,
    );
  }
  return { ...DEFINITIONS, views: [...DEFINITIONS.views, view] };
}

/** @throws Failure `invalid` that names the views there are */
export function findView({ views }: Pick<FeatureDefinitions, 'views'>, name: string): FeatureView {
  const view = views.find((candidate) => candidate.name === name);
  if (view) return view;
  throw invalid('view', `there is no feature view ${name}; there are ${views.map((known) => known.name).join(', ')}`);
}
