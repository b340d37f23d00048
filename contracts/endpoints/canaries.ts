import { z } from 'zod';
import { abortRequestSchema, canaryFields, canarySchema } from '../canary.ts';
import { integerQueryOr } from '../integerQuery.ts';
import { routeNameSchema } from '../routes.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'canaries';
const path = '/api/v1/canaries';
const one = { path: `${path}/:route`, tag, params: z.object({ route: routeNameSchema }), problems: ['missing'] } as const;
const told = { ...one, method: 'post', role: 'operator', status: 202, answer: canarySchema, problems: ['missing', 'conflict'] } as const;

/** Versions on their way through stages of traffic. */
export const canaries = {
  start: {
    method: 'post',
    path,
    tag,
    role: 'operator',
    summary: 'Takes a version that passed the gate through stages of traffic on a route, and promotes it or takes it back by itself',
    body: z.strictObject(canaryFields),
    status: 202,
    answer: z.object({ run_id: z.string(), rollout_id: z.string() }),
    problems: ['missing', 'conflict'],
  },
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Rollouts, newest first',
    query: z.strictObject({ route: routeNameSchema.optional(), limit: integerQueryOr(20, 1, 100) }),
    answer: z.object({ canaries: z.array(canarySchema) }),
  },
  get: {
    ...one,
    method: 'get',
    role: 'viewer',
    summary: 'The latest rollout on a route, with the figures of each stage',
    answer: canarySchema,
  },
  pause: { ...told, path: `${one.path}/pause`, summary: 'Lets a rollout grow no further; it is watched on' },
  resume: { ...told, path: `${one.path}/resume`, summary: 'Lets a paused rollout go on' },
  abort: { ...told, path: `${one.path}/abort`, summary: 'Takes the version back; the route is as before', body: abortRequestSchema },
} as const satisfies Record<string, EndpointDescription>;
