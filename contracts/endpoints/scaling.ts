import { z } from 'zod';
import { scaledServiceSchema, scalingAlertSchema, serviceNameSchema } from '../scaling.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'scaling';
const path = '/api/v1/scaling';

/** What an autoscaler reads: how many replicas of each service are wanted. */
export const scaling = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Services that told how they do within a week, with the replicas that are wanted of each',
    answer: z.object({ services: z.array(scaledServiceSchema) }),
  },
  get: {
    method: 'get',
    path: `${path}/:service`,
    tag,
    role: 'viewer',
    summary: "Replicas that are wanted of a service, as KEDA's metrics-api scaler reads them at `wanted_replicas`, and its latest alerts",
    params: z.object({ service: serviceNameSchema }),
    answer: scaledServiceSchema.extend({ alerts: z.array(scalingAlertSchema) }),
  },
} as const satisfies Record<string, EndpointDescription>;
