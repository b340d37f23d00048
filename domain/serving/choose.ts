import { Failure, invalid } from '../../contracts/failures.ts';
import { LAST_RESORT, readModelRef, type ModelRef, type ServedRoute } from '../../contracts/routes.ts';
import { assignVariant } from '../abTests/assignment.ts';
import type { LoadedModel } from './modelShelf.ts';

/** A variant of a route, with what it asks. */
type Asked = ServedRoute['variants'][number];
export type Find = (ref: ModelRef) => LoadedModel | undefined;

/**
 * The variant that answers a user: the same one each time, dealt by a hash of their id.
 * @param key the user's id, or another one of the request where nobody in particular asks
 * @param variant that an operator asks for instead
 * @throws Failure `invalid` for a variant that the route does not have
 */
export function chooseVariant({ route, variants, salt = route }: ServedRoute, key: string, variant?: string): Asked {
  if (variant === undefined) return assignVariant(variants, key, salt);
  const asked = variants.find(({ name }) => name === variant);
  if (!asked) throw invalid('variant', `route ${route} has no variant ${variant}; it has ${variants.map(({ name }) => name).join(', ')}`);
  return asked;
}

/** What a variant asks, in its order, popularity at last. */
export const modelsOf = ({ models }: Pick<Asked, 'models'>): ModelRef[] => [...new Set([...models, LAST_RESORT])];

/**
 * The first of the models that is loaded and fits the request.
 * @returns undefined where some are loaded and none fits
 * @throws Failure `unavailable` where none is loaded
 */
export function chooseModel(refs: readonly ModelRef[], find: Find, fits: (loaded: LoadedModel) => boolean): LoadedModel | undefined {
  const loaded = refs.map(find).filter((candidate) => candidate !== undefined);
  if (loaded.length === 0) throw noModel(`none of ${refs.join(', ')} is loaded yet`);
  return loaded.find(fits);
}

/** Whether one of the models scores by what a user did until now. */
export const readsHistory = (refs: readonly ModelRef[], find: Find): boolean =>
  refs.some((ref) => find(ref)?.model.scoreHistory !== undefined);

/** Where a version answers: the variants that ask for it, by its number or by one of these aliases. */
export const routesOf = (
  routes: readonly ServedRoute[],
  { name, version, aliases }: { name: string; version: string; aliases: readonly string[] },
) =>
  routes.flatMap(({ route, variants }) =>
    variants.flatMap((variant) => {
      const named = modelsOf(variant).map(readModelRef);
      const place = named.findIndex((ref) => ref.name === name);
      if (place === -1) return [];
      const serves = named.some((ref) => ref.name === name && (ref.version === version || aliases.includes(ref.alias ?? '')));
      return [{ route, variant: variant.name, preference: place + 1, serves }];
    }),
  );

export const noModel = (message: string) => new Failure('unavailable', message);
