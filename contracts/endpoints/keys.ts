import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import { issuedKeySchema, issueKeyBodySchema, keyIdSchema, newKeySchema, rotateKeyBodySchema } from '../keys.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'keys';
const path = '/api/v1/keys';
const one = { path: `${path}/:key_id`, tag, role: 'admin', params: z.object({ key_id: keyIdSchema }), problems: ['missing'] } as const;

/** Keys by which callers are known. */
export const keys = {
  issue: {
    method: 'post',
    path,
    tag,
    role: 'admin',
    summary: 'Issues a key; the answer alone has it, and nobody can read it again',
    body: issueKeyBodySchema,
    answer: newKeySchema,
  },
  list: {
    method: 'get',
    path,
    tag,
    role: 'admin',
    summary: 'Keys that were issued, newest first, without the keys themselves; `all=true`: also those that are no longer good',
    query: z.strictObject({ all: z.enum(['true', 'false']).default('false'), limit: integerQueryOr(100, 1, 1_000) }),
    answer: z.object({ keys: z.array(issuedKeySchema) }),
  },
  rotate: {
    ...one,
    method: 'post',
    path: `${one.path}/rotate`,
    summary: 'Issues a key in place of another, which is good for a while yet',
    body: rotateKeyBodySchema,
    answer: newKeySchema,
    problems: ['missing', 'conflict'],
  },
  revoke: { ...one, method: 'delete', summary: 'Ends a key; every process knows within 3 seconds', answer: issuedKeySchema },
} as const satisfies Record<string, EndpointDescription>;
