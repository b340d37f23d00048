import type { RequestHandler, Router } from 'express';
import { missing } from '../../contracts/failures.ts';
import { Problem } from './problems.ts';

/**
 * The last handler of an app, for what no route took: 405 with the methods that the path has, 404 where it has none. `OPTIONS` of a path that is served is
 * Express's own to answer.
 * @param router of the app, with all that is mounted in it
 */
export const refuseUnserved =
  (router: Router): RequestHandler =>
  (req, res) => {
    const served = [...new Set(methodsAt(router, req.path))];
    if (served.length === 0) throw missing(`There is no ${req.method} ${req.path} here`);
    const allow = [...served, ...(served.includes('get') ? ['head'] : []), 'options'].join(', ').toUpperCase();
    res.set('allow', allow);
    throw new Problem('methodNotAllowed', `${req.method} is not served here; ${allow} are`);
  };

/** What Express keeps of each route, and of each router or handler that is mounted. */
interface Layer {
  /** @returns the part of the path that it takes */
  match(path: string): { readonly path: string } | false;
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: Partial<Router>;
}

const methodsAt = (router: Partial<Router>, path: string): string[] =>
  ((router.stack ?? []) as unknown as Layer[]).flatMap((layer) => {
    const taken = layer.match(path);
    if (!taken) return [];
    return layer.route ? Object.keys(layer.route.methods) : methodsAt(layer.handle, path.slice(taken.path.length) || '/');
  });
