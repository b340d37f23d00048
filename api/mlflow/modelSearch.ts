import { z } from 'zod';
import type { Condition, Order } from '../../domain/registry/conditions.ts';
import { placesOf, type Found, type Subject } from '../../domain/registry/search.ts';
import { MODEL_SEARCH, searchModels, searchVersions, VERSION_SEARCH, type EntrySearch } from '../../domain/registry/searchEntries.ts';
import type { ApiDeps } from '../deps.ts';
import { call, type MlflowCall } from './call.ts';
import { MODEL_VERSIONS, REGISTERED_MODELS, type Grammar } from './filter/grammars.ts';
import { parseFilter } from './filter/parseFilter.ts';
import { parseOrder } from './filter/parseOrder.ts';
import { showListedVersion, showModel } from './modelShapes.ts';
import { listOf, textOr } from './fields.ts';
import { readPageToken, writePageToken } from './pages.ts';

const IS_PROMPT = 'mlflow.prompt.is_prompt';

const searchOf = (most: number, fallback: number) =>
  z.object({
    filter: textOr(''),
    max_results: z.coerce.number().int().min(1).max(most).default(fallback),
    order_by: listOf(z.string()),
    page_token: textOr(''),
  });
type Asked = z.output<ReturnType<typeof searchOf>>;

/** As MLflow lists versions where nobody asks for an order. */
const NEWEST_CHANGE_FIRST: readonly Order[] = [
  { on: 'attribute', key: 'last_updated_timestamp', ascending: false },
  { on: 'attribute', key: 'name', ascending: true },
  { on: 'attribute', key: 'version_number', ascending: false },
];

/** What a search is asked in, and what it goes through. */
interface Words {
  readonly grammar: Grammar;
  readonly subject: Subject;
  readonly usualOrder: readonly Order[];
}
const MODEL_WORDS: Words = { grammar: REGISTERED_MODELS, subject: MODEL_SEARCH, usualOrder: [] };
const VERSION_WORDS: Words = { grammar: MODEL_VERSIONS, subject: VERSION_SEARCH, usualOrder: NEWEST_CHANGE_FIRST };

/** Searches among registered models and their versions. */
export function createModelSearchCalls({ pool }: Pick<ApiDeps, 'pool'>): MlflowCall[] {
  return [
    call({
      method: 'get',
      path: '/registered-models/search',
      role: 'viewer',
      request: searchOf(1_000, 100),
      answer: async (asked) => {
        const { found, ...page } = await searchPage(asked, MODEL_WORDS, (search) => searchModels(pool, search));
        return { ...(found.length > 0 && { registered_models: found.map(showModel) }), ...page };
      },
    }),
    call({
      method: 'get',
      path: '/model-versions/search',
      role: 'viewer',
      request: searchOf(200_000, 10_000),
      answer: async (asked) => {
        const { found, ...page } = await searchPage(asked, VERSION_WORDS, (search) => searchVersions(pool, search));
        return { ...(found.length > 0 && { model_versions: found.map(showListedVersion) }), ...page };
      },
    }),
  ];
}

async function searchPage<Entry>(
  { filter, max_results: limit, order_by: orderBy, page_token: token }: Asked,
  { grammar, subject, usualOrder }: Words,
  search: (search: EntrySearch) => Promise<Found<Entry>>,
) {
  const conditions = parseFilter(grammar, filter);
  const orders = orderBy.length > 0 ? parseOrder(grammar, orderBy) : usualOrder;
  const query = [conditions, orders];
  const after = readPageToken(token, query, placesOf(subject, orders));
  const { found, next } = await search({ ...promptsApart(conditions), orders, limit, after });
  return { found, ...(next && { next_page_token: writePageToken(query, next) }) };
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
