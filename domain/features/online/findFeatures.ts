import { closest } from 'fastest-levenshtein';
import { invalid } from '../../../contracts/failures.ts';
import type { FeatureDefinitions } from '../definitions.ts';

/**
 * References of an entity's features, by their names or by `view:feature`.
 * @param names all of the entity's when missing
 * @throws Failure `invalid` that says which known name is nearest
 */
export function findFeatures({ views }: FeatureDefinitions, entity: string, names?: readonly string[]): string[] {
  const known = views
    .filter((view) => view.entity.name === entity)
    .flatMap((view) => view.features.map(({ name }) => ({ name, reference: `${view.name}:${name}` })));
  if (names === undefined) return known.map(({ reference }) => reference);
  return names.map((asked, at) => {
    const found = known.find(({ name, reference }) => asked === reference || asked === name);
    if (found) return found.reference;
    const candidates = known.map(({ name, reference }) => (asked.includes(':') ? reference : name));
    throw invalid(`features.${at}`, `a ${entity} has no feature ${asked}; did you mean ${closest(asked, candidates)}?`);
  });
}
