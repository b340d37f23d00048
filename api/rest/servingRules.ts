import { servingRules } from '../../contracts/endpoints/servingRules.ts';
import { movieIdsOf } from '../../domain/catalogue/movieRefs.ts';
import { addRule, listRules, removeRule } from '../../domain/serving/ruleTable.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createServingRuleEndpoints = ({ pool }: Pick<ApiDeps, 'pool'>): Endpoint[] => [
  endpoint(servingRules.list, async ({ query: { all, limit } }) => ({ rules: await listRules(pool, { all: all === 'true', limit }) })),
  endpoint(servingRules.add, async ({ body, principal }) => {
    const { movie_ids: refs } = body.match;
    const movie_ids = refs && (await movieIdsOf(pool, refs));
    return addRule(pool, { ...body, match: { ...body.match, ...(movie_ids && { movie_ids }) } } as typeof body, principal.name);
  }),
  endpoint(servingRules.remove, ({ params: { rule_id: id }, query: { reason }, principal }) =>
    removeRule(pool, id, { name: principal.name, reason }),
  ),
];
