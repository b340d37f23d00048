import { routes } from '../../contracts/endpoints/routes.ts';
import { findRoute, listRouteChanges, listRoutes, noRoute, removeRoute, setRoutes, undoRoute } from '../../domain/serving/routeTable.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createRouteEndpoints = ({ pool }: Pick<ApiDeps, 'pool'>): Endpoint[] => [
  endpoint(routes.list, async () => ({ routes: await listRoutes(pool) })),
  endpoint(routes.get, async ({ params: { route } }) => {
    const found = await findRoute(pool, route);
    if (!found) throw noRoute(route);
    return found;
  }),
  endpoint(routes.set, async ({ params: { route }, body: { reason, if_revision: ifRevision, ...spec }, principal }) => {
    const [set] = await setRoutes(pool, { [route]: spec }, { author: { name: principal.name, reason }, ifRevision });
    return set!;
  }),
  endpoint(routes.setAll, async ({ body: { routes: specs, reason }, principal }) => ({
    routes: await setRoutes(pool, specs, { author: { name: principal.name, reason } }),
  })),
  endpoint(routes.remove, async ({ params: { route }, query: { reason }, principal }) => {
    await removeRoute(pool, route, { name: principal.name, reason });
    return {};
  }),
  endpoint(routes.history, async ({ params: { route }, query: { limit } }) => {
    const changes = await listRouteChanges(pool, route, limit);
    if (!changes) throw noRoute(route);
    return { changes };
  }),
  endpoint(routes.undo, ({ params: { route }, body: { reason, to }, principal }) =>
    undoRoute(pool, route, { to, author: { name: principal.name, reason } }),
  ),
];
