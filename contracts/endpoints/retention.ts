import { retentionSchema } from '../retention.ts';
import type { EndpointDescription } from './endpoint.ts';

export const retention = {
  list: {
    method: 'get',
    path: '/api/v1/retention',
    tag: 'retention',
    role: 'viewer',
    summary: 'What is kept for how long, what removes it, and how old the oldest of it is',
    answer: retentionSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
