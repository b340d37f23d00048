import { z } from 'zod';
import { settingSchema, versionsSchema } from '../system.ts';
import type { EndpointDescription } from './endpoint.ts';

const common = { method: 'get', tag: 'system' } as const;

/** What runs here, and as what it was set up. */
export const system = {
  versions: {
    ...common,
    path: '/api/v1/system/versions',
    role: 'viewer',
    summary: 'The releases of the platform, of Node and of the engines',
    answer: versionsSchema,
  },
  settings: {
    ...common,
    path: '/api/v1/system/settings',
    role: 'admin',
    summary: 'Every setting of the API process, with where its value comes from; of a secret, whether it is set',
    answer: z.object({ settings: z.array(settingSchema) }),
  },
} as const satisfies Record<string, EndpointDescription>;
