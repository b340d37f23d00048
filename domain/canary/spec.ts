import { CHAMPION } from '../../contracts/models.ts';
import type { RouteSpec } from '../../contracts/routes.ts';
import { conflict, invalid } from '../../contracts/failures.ts';

/** The version that is rolled out, and of how many of the users. */
interface Rollout {
  readonly model: string;
  readonly version: string;
  readonly share: number;
}

/** Of all users; whole numbers sum to it without a remainder. */
const EVERYBODY = 10_000;
const NAME = 'canary';

/** What the version's variant is called, beside the one that is there. */
export const canaryName = ({ variants }: Pick<RouteSpec, 'variants'>): string => (variants[0]?.name === NAME ? `${NAME}-2` : NAME);

/**
 * A route of which a share of the users has the version in the place of its model's champion. The version's variant comes last, where growing takes users
 * from its neighbour alone: whoever has it keeps it.
 * @param before the route without it; of one variant
 */
export function canarySpec(before: RouteSpec, { model, version, share }: Rollout): RouteSpec {
  const [variant] = before.variants;
  if (!variant) throw invalid('route', 'has no variant');
  const weight = Math.round(share * EVERYBODY);
  const models = variant.models.map((ref) => (ref === `${model}@${CHAMPION}` ? `${model}/${version}` : ref));
  return {
    ...before,
    variants: [
      { ...variant, weight: EVERYBODY - weight },
      { ...variant, name: canaryName(before), weight, models },
    ],
  };
}

/** @throws Failure `conflict` where the route is in a test, `invalid` where it does not ask the model's champion */
export function checkSpec(route: string, { variants }: Pick<RouteSpec, 'variants'>, model: string): void {
  if (variants.length !== 1)
    throw conflict(
      `route ${route} has ${variants.length} variants (${variants.map(({ name }) => name).join(', ')}): leave it one, then begin`,
    );
  const ref = `${model}@${CHAMPION}`;
  if (!variants[0]!.models.includes(ref))
    throw invalid('model', `route ${route} does not ask ${ref}; it asks ${variants[0]!.models.join(', ')}`);
}
