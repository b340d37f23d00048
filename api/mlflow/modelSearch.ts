import { z } from 'zod';
import type { Condition, Order } from '../../domain/registry/conditions.ts';
import { searchModels, searchVersions, type EntryPage, type EntrySearch } from '../../domain/registry/searchEntries.ts';
import type { ApiDeps } from '../deps.ts';
import { call, type MlflowCall } from './call.ts';
import { MODEL_VERSIONS, REGISTERED_MODELS, type Grammar } from './filter/grammars.ts';
import { parseFilter } from './filter/parseFilter.ts';
import { parseOrder } from './filter/parseOrder.ts';
import { showListedVersion, showModel } from './modelShapes.ts';
import { pageTokenOf, readPageToken } from './pageTokens.ts';
import { texts } from './registeredModels.ts';

const IS_PROMPT = 'mlflow.prompt.is_prompt';

const searchOf = (most: number, fallback: number) =>
  z.object({
    filter: z.string().default(''),
    max_results: z.coerce.number().int().min(1).max(most).default(fallback),
    order_by: texts,
    page_token: z.string().default(''),
  });
type Asked = z.output<ReturnType<typeof searchOf>>;

/** As MLflow lists versions where nobody asks for an order. */
const NEWEST_CHANGE_FIRST: readonly Order[] = [
  { on: 'attribute', key: 'last_updated_timestamp', ascending: false },
  { on: 'attribute', key: 'name', ascending: true },
  { on: 'attribute', key: 'version_number', ascending: false },
];

/** Searches among registered models and their versions. */
export function createModelSearchCalls({ pool }: Pick<ApiDeps, 'pool'>): MlflowCall[] {
  return [
    call({
      method: 'get',
      path: '/registered-models/search',
      role: 'viewer',
      request: searchOf(1_000, 100),
      answer: async (asked) => {
        const { entries, ...page } = await searchPage(asked, REGISTERED_MODELS, [], (search) => searchModels(pool, search));
        return { ...(entries.length > 0 && { registered_models: entries.map(showModel) }), ...page };
      },
    }),
    call({
      method: 'get',
      path: '/model-versions/search',
      role: 'viewer',
      request: searchOf(200_000, 10_000),
      answer: async (asked) => {
        const { entries, ...page } = await searchPage(asked, MODEL_VERSIONS, NEWEST_CHANGE_FIRST, (search) => searchVersions(pool, search));
        return { ...(entries.length > 0 && { model_versions: entries.map(showListedVersion) }), ...page };
      },
    }),
  ];
}

async function searchPage<Entry>(
  { filter, max_results: limit, order_by: orderBy, page_token: token }: Asked,
  grammar: Grammar,
  usualOrder: readonly Order[],
  search: (search: EntrySearch) => Promise<EntryPage<Entry>>,
) {
  const conditions = parseFilter(grammar, filter);
  const order = orderBy.length > 0 ? parseOrder(grammar, orderBy) : usualOrder;
  const query = [conditions, order];
  const after = token ? readPageToken(query, token) : null;
  const { entries, next } = await search({ ...promptsApart(conditions), order, limit, after });
  return { entries, ...(next && { next_page_token: pageTokenOf(query, next) }) };
}

/** Prompts, which MLflow keeps among the models, are found where a filter asks for them alone; what has no such tag is none. */
function promptsApart(conditions: readonly Condition[]): Pick<EntrySearch, 'conditions' | 'without'> {
  const asked = conditions.find(({ on, key }) => on === 'tag' && key === IS_PROMPT);
  if (asked && asksForPrompts(asked)) return { conditions, without: null };
  const others = conditions.filter(({ on, key }) => on !== 'tag' || key !== IS_PROMPT);
  return { conditions: others, without: { key: IS_PROMPT, value: 'true' } };
}

const asksForPrompts = ({ comparator, value }: Condition) =>
  ['= true', '!= false'].includes(`${comparator} ${String(value).toLowerCase()}`);
