import express, { type Router } from 'express';
import { refsOf } from '../contracts/routes.ts';
import type { Scorer } from './scoring/scorer.ts';

/** `GET /models`: the versions in memory, those that cannot be loaded, and the processes that score. */
export const modelsRoute = (scorer: Pick<Scorer, 'state' | 'processes'>): Router =>
  express.Router().get('/models', (_req, res) => {
    const { models, broken, routes, tensorflow } = scorer.state();
    res.json({
      models: models.map(({ name, kind, version, users, movies, refs, loadedAt, answers, parameters, bytes }) => ({
        name,
        kind,
        version,
        references: refs,
        routes: routes.filter((route) => refsOf(route).some((ref) => refs.includes(ref))).map(({ route }) => route),
        backend: tensorflow.backend,
        parameters,
        users,
        movies,
        estimated_memory_bytes: bytes,
        loaded_at: loadedAt.toISOString(),
        calls: answers,
      })),
      broken: broken.map(({ name, version, ref, reason }) => ({ name, version, reference: ref, reason })),
      processes: scorer.processes().map(({ pid, isReady, residentMb, calls }) => ({ pid, ready: isReady, resident_mb: residentMb, calls })),
    });
  });
