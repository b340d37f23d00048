import { z } from 'zod';
import { platformStateSchema, settingSchema, versionsSchema } from '../system.ts';
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
  state: {
    ...common,
    path: '/api/v1/system/state',
    role: 'viewer',
    summary: 'How the nine systems and the processes and engines behind them are now, as far as that is known within two seconds',
    answer: platformStateSchema,
  },
  settings: {
    ...common,
    path: '/api/v1/system/settings',
    role: 'admin',
    summary: 'Every setting of the API process, with where its value comes from; of a secret, whether it is set',
    answer: z.object({ settings: z.array(settingSchema) }),
  },
} as const satisfies Record<string, EndpointDescription>;
