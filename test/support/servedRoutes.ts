import { BUILT_IN_ROUTES, type RouteSpec, type ServedRoute } from '../../contracts/routes.ts';
import type { ServedRoutes } from '../../domain/serving/servedRoutes.ts';

/** A route as the model server holds it. */
export const servedRoute = (route: string, spec: RouteSpec, revision = 1): ServedRoute => ({
  route,
  revision,
  variants: spec.variants.map((variant) => ({ ...variant, models: [...variant.models] })),
  shadows: spec.shadows.map((shadow) => ({ ...shadow, models: [...shadow.models] })),
  ...(spec.salt !== undefined && { salt: spec.salt }),
  changed_at: null,
  changed_by: null,
  reason: '',
});

/** Routes that change by `set` alone: those built in, and these. */
export function servedRoutesOf(
  specs: Readonly<Record<string, RouteSpec>> = {},
): ServedRoutes & { set(name: string, spec: RouteSpec): void } {
  const routes = new Map<string, ServedRoute>();
  const set = (name: string, spec: RouteSpec) => void routes.set(name, servedRoute(name, spec));
  for (const [name, spec] of Object.entries({ ...BUILT_IN_ROUTES, ...specs })) set(name, spec);
  return { set, find: (route) => routes.get(route), all: () => [...routes.values()], heldBack: () => [], refresh: async () => undefined };
}
