import express, { type Router } from 'express';
import { z } from 'zod';
import { movieRefSchema } from '../../contracts/events.ts';
import { missing } from '../../contracts/failures.ts';
import { movieIdsOf } from '../../domain/catalogue/movieRefs.ts';
import { readPosterPath } from '../../domain/catalogue/posterPath.ts';
import { requireRole } from '../../platform/http/access.ts';
import { parse } from '../../platform/http/validate.ts';
import type { ApiDeps } from '../deps.ts';

export const POSTER_PATH = '/api/v1/movies/:movie_id/poster';

const paramsSchema = z.object({ movie_id: movieRefSchema });
/** A browser that shows a list again asks for none of them again. */
const KEPT_BY_BROWSERS = 'private, max-age=86400';

/** Posters that TMDB has of movies, so that a page asks nobody but us. It is no endpoint of `contracts/`: its answer is no text. */
export function posterRoutes({ pool, tmdbImages }: Pick<ApiDeps, 'pool' | 'tmdbImages'>): Router {
  const router = express.Router();
  router.get(POSTER_PATH, requireRole('viewer'), async (req, res) => {
    const { movie_id: named } = parse(paramsSchema, req.params, 'path');
    const [id = ''] = await movieIdsOf(pool, [named]);
    const path = await readPosterPath(pool, id);
    if (path === null || tmdbImages === undefined) throw missing(`There is no poster of movie ${named} here`);
    const { type, bytes } = await tmdbImages.get(path);
    res
      .set({ 'content-type': type, 'cache-control': KEPT_BY_BROWSERS, 'content-security-policy': "default-src 'none'; sandbox" })
      .send(bytes);
  });
  return router;
}
