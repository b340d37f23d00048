import { z } from 'zod';
import type { EndpointDescription } from './endpoint.ts';

const common = { path: '/api/v1/session', tag: 'access', role: 'viewer', isAccess: true } as const;

/** Signing in to the console: a browser is given a cookie in place of a key. */
export const session = {
  open: {
    ...common,
    method: 'post',
    summary: 'Signs a browser in: sent with a key, it answers with a cookie that stands for that key, for twelve hours at most',
    answer: z.object({ expires_at: z.iso.datetime() }),
    problems: ['conflict'],
  },
  end: { ...common, method: 'delete', summary: 'Signs a browser out', answer: z.object({}) },
} as const satisfies Record<string, EndpointDescription>;
