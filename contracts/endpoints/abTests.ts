import { z } from 'zod';
import { abTestSchema } from '../abTests.ts';
import { routeNameSchema } from '../routes.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'A/B tests';
const path = '/api/v1/ab-tests';

/** Variants of a route against one another, on real users. */
export const abTests = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Routes with two variants or more, or with shadows: the tests that go on',
    answer: z.object({ routes: z.array(z.string()) }),
  },
  get: {
    method: 'get',
    path: `${path}/:route`,
    tag,
    role: 'viewer',
    summary:
      'How the variants of a route do against one another since its last change, by intervals that are true however often somebody looks',
    params: z.object({ route: routeNameSchema }),
    answer: abTestSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
