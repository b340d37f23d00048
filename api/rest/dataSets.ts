import { dataSets } from '../../contracts/endpoints/dataSets.ts';
import { titleMatches } from '../../contracts/endpoints/titleMatches.ts';
import { missing } from '../../contracts/failures.ts';
import { movieIdsOf } from '../../domain/catalogue/movieRefs.ts';
import { findSet, listSets } from '../../domain/imports/dataSets.ts';
import { decideTitle, listTitleMatches } from '../../domain/imports/titleMatches.ts';
import { previewOwn } from '../../domain/imports/own/previewOwn.ts';
import { removeSet } from '../../domain/imports/removeSet.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const noSuchSet = (name: string) => missing(`There is no set ${name} here`);

/** @param reportPool what removes or looks through a set may take longer than a request for one row */
export const createDataSetEndpoints = ({ pool, reportPool, quality }: Pick<ApiDeps, 'pool' | 'reportPool' | 'quality'>): Endpoint[] => [
  endpoint(dataSets.list, async () => ({ sets: await listSets(pool) })),
  endpoint(dataSets.preview, ({ body }) => previewOwn(body, { pool: reportPool, bounds: quality })),
  endpoint(dataSets.get, async ({ params }) => {
    const found = await findSet(pool, params.set);
    if (!found) throw noSuchSet(params.set);
    return found;
  }),
  endpoint(dataSets.remove, async ({ params }) => {
    const removed = await removeSet(reportPool, params.set);
    if (!removed) throw noSuchSet(params.set);
    return removed;
  }),
  endpoint(titleMatches.list, async ({ query }) => ({ matches: await listTitleMatches(pool, query.matched_by) })),
  endpoint(titleMatches.decide, async ({ params, body: { movie_id } }) => {
    const [movieId = null] = movie_id === null ? [] : await movieIdsOf(pool, [movie_id]);
    return decideTitle(pool, params.external_id, movieId);
  }),
];
