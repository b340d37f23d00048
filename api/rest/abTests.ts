import { abTests } from '../../contracts/endpoints/abTests.ts';
import { reportAbTest } from '../../domain/abTests/report.ts';
import { findRoute, listRoutes, noRoute } from '../../domain/serving/routeTable.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createAbTestEndpoints = ({ pool, reportPool }: Pick<ApiDeps, 'pool' | 'reportPool'>): Endpoint[] => [
  endpoint(abTests.list, async () => {
    const routes = await listRoutes(pool);
    return { routes: routes.filter(({ variants, shadows }) => variants.length + shadows.length > 1).map(({ route }) => route) };
  }),
  endpoint(abTests.get, async ({ params: { route } }) => {
    const found = await findRoute(pool, route);
    if (!found) throw noRoute(route);
    return reportAbTest(reportPool, found);
  }),
];
