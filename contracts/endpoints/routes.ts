import { z } from 'zod';
import { recordOf } from '../bounded.ts';
import { integerQueryOr } from '../integerQuery.ts';
import { checkRoute, routeChangeSchema, routeNameSchema, routeSchema, routeSpecFields, routeSpecSchema } from '../routes.ts';
import { ROUTES_AT_MOST } from '../sizes.ts';
import type { EndpointDescription } from './endpoint.ts';
import { reason as why } from './models.ts';

const tag = 'routes';
const path = '/api/v1/routes';
const reason = why.default('').describe('Why; kept in the history of the route');
const one = {
  path: `${path}/:route`,
  tag,
  params: z.object({ route: routeNameSchema }),
  answer: routeSchema,
  problems: ['missing'],
} as const;
const revision = z.number().int().min(0);

/** Which models answer, for whom. */
export const routes = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Routes of the model server, by name',
    answer: z.object({ routes: z.array(routeSchema) }),
  },
  get: { ...one, method: 'get', role: 'viewer', summary: 'A route' },
  set: {
    ...one,
    method: 'put',
    role: 'operator',
    summary: 'Makes a route as given; the model server takes it up within two seconds, its models loaded before',
    body: z
      .strictObject({
        ...routeSpecFields,
        reason,
        if_revision: revision.optional().describe('Refused where the route has another one by now; 0: as built in, or not there'),
      })
      .superRefine(checkRoute),
    problems: ['conflict'],
  },
  setAll: {
    method: 'put',
    path,
    tag,
    role: 'operator',
    summary: 'Makes several routes as given, all or none; those not named stay',
    body: z.strictObject({ routes: recordOf(routeNameSchema, routeSpecSchema, ROUTES_AT_MOST), reason }),
    answer: z.object({ routes: z.array(routeSchema) }),
    problems: ['conflict'],
  },
  remove: {
    ...one,
    method: 'delete',
    role: 'operator',
    summary: 'Takes a route away; `default` and `legacy` are then as built in',
    query: z.strictObject({ reason }),
    answer: z.object({}),
  },
  history: {
    ...one,
    method: 'get',
    path: `${one.path}/history`,
    role: 'viewer',
    summary: 'Every change of a route, newest first: what, who, when and why',
    query: z.strictObject({ limit: integerQueryOr(100, 1, 1_000) }),
    answer: z.object({ changes: z.array(routeChangeSchema) }),
  },
  undo: {
    ...one,
    method: 'post',
    path: `${one.path}/undo`,
    role: 'operator',
    summary: 'Puts a route back as it was before its last change; once more goes one change further back',
    body: z.strictObject({ reason, to: revision.optional().describe('The revision to go back to; 0: before the first') }),
    answer: routeSchema.nullable().describe('Null where there was no such route then'),
    problems: ['missing', 'conflict'],
  },
} as const satisfies Record<string, EndpointDescription>;
