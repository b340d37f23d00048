import express, { type Router } from 'express';
import { refsOf } from '../contracts/routes.ts';
import type { ModelShelf } from '../domain/serving/modelShelf.ts';
import type { ServedRoutes } from '../domain/serving/servedRoutes.ts';

/** `GET /models`: the versions in memory, and those that cannot be loaded. @param backend TensorFlow's, which networks answer by */
export function modelsRoute({
  shelf,
  routes,
  backend,
}: {
  shelf: Pick<ModelShelf, 'describe' | 'broken'>;
  routes: Pick<ServedRoutes, 'all'>;
  backend: string;
}): Router {
  return express.Router().get('/models', (_req, res) => {
    const models = shelf.describe().map(({ name, version, model, refs, loadedAt, answers, parameters, bytes }) => ({
      name,
      kind: model.kind,
      version,
      references: refs,
      routes: routes
        .all()
        .filter((route) => refsOf(route).some((ref) => refs.includes(ref)))
        .map(({ route }) => route),
      backend,
      parameters,
      users: model.users.size,
      movies: model.movies.size,
      estimated_memory_bytes: bytes,
      loaded_at: loadedAt.toISOString(),
      calls: answers,
    }));
    const broken = shelf.broken().map(({ name, version, ref, reason }) => ({ name, version, reference: ref, reason }));
    res.json({ models, broken });
  });
}
