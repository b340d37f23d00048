import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import { addedRuleSchema, ruleBodySchema, ruleSchema } from '../ordering.ts';
import type { EndpointDescription } from './endpoint.ts';
import { reason } from './models.ts';

const tag = 'serving rules';
const path = '/api/v1/serving-rules';

/** What operators want shown, or not, on every route. */
export const servingRules = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Rules in force, newest first; `all=true`: also those that ended or were removed',
    query: z.strictObject({ all: z.enum(['true', 'false']).default('false'), limit: integerQueryOr(100, 1, 1_000) }),
    answer: z.object({ rules: z.array(ruleSchema) }),
  },
  add: {
    method: 'post',
    path,
    tag,
    role: 'operator',
    summary: 'Hides movies (not recommended), blocks them (in no answer), pins them to a place, or boosts them, on every route at once',
    body: ruleBodySchema,
    answer: addedRuleSchema,
    problems: ['conflict'],
  },
  remove: {
    method: 'delete',
    path: `${path}/:rule_id`,
    tag,
    role: 'operator',
    summary: 'Takes a rule away; it stays in the list of all',
    params: z.object({ rule_id: z.string().regex(/^[1-9]\d{0,14}$/, 'the number of a rule') }),
    query: z.strictObject({ reason: reason.default('') }),
    answer: ruleSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
