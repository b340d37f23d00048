import { figuresSchema, graphQuerySchema, graphSchema, watchedSchema } from '../monitoring.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'monitoring';
const path = '/api/v1/monitoring';

/** What is measured. Prometheus is asked on the caller's behalf, and for nothing but answers to expressions, targets and alerts. */
export const monitoring = {
  watched: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Whom Prometheus watches and which alerts hold; whether there is a Prometheus at all',
    answer: watchedSchema,
  },
  graph: {
    method: 'get',
    path: `${path}/graph`,
    tag,
    role: 'viewer',
    summary: 'An expression over time, as Prometheus works it out',
    query: graphQuerySchema,
    answer: graphSchema,
  },
  figures: {
    method: 'get',
    path: `${path}/figures`,
    tag,
    role: 'viewer',
    summary: 'What the API measures of itself and of its machine, as it is now',
    answer: figuresSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
