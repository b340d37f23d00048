import { LRUCache } from 'lru-cache';
import { idsOfKnownMovies } from '../../domain/catalogue/movieRefs.ts';
import type { FeatureDefinitions } from '../../domain/features/definitions.ts';
import { NULL_JSON } from '../../domain/features/online/encoding.ts';
import { toEntityId } from '../../domain/features/online/incomingRows.ts';
import type { EntityIds, FeatureColumn, FeatureStatus, readFeatures } from '../../domain/features/online/readFeatures.ts';
import type { Selection } from '../../domain/features/online/selection.ts';
import type { OnlineStore } from '../../domain/features/online/store.ts';
import type { Feature } from '../../domain/features/views/view.ts';
import { FEATURES_OF_REQUEST, ROWS_OF_REQUEST } from '../../contracts/sizes.ts';
import type { Pool } from '../../platform/postgres.ts';
import { checkBody, type Field } from './body.ts';
import { FeastFault, serviceNotFound } from './faults.ts';
import { selectOrFault } from './selectOrFault.ts';

const FIELDS: readonly Field[] = [
  { name: 'entities', kind: 'object', isRequired: true },
  { name: 'feature_service', kind: 'string' },
  { name: 'features', kind: 'strings' },
  { name: 'full_feature_names', kind: 'boolean' },
  { name: 'include_feature_view_version_metadata', kind: 'boolean' },
];
/** Sets of features whose plans are kept; callers ask for the same few again and again. */
const KEPT_PLANS = 200;

interface Plan {
  readonly selection: Selection;
  /** Names of the columns after the join keys, as JSON. */
  readonly namesJson: readonly string[];
  readonly viewNames: readonly string[];
}

type Columns = ReadonlyMap<string, readonly unknown[]>;

interface OnlineFeaturesDeps {
  /** Asked about movies by the name that a source gives them */
  readonly pool: Pool;
  readonly definitions: FeatureDefinitions;
  readonly store: OnlineStore;
  readonly read: typeof readFeatures;
}

/**
 * Answers `/get-online-features`.
 * @returns a function from a body to the JSON text of the answer; it rejects with FeastFault
 */
export function createOnlineFeatures({ pool, definitions, store, read }: OnlineFeaturesDeps) {
  const plans = new LRUCache<string, Plan>({ max: KEPT_PLANS });

  function planOf(references: readonly string[], withViews: boolean): Plan {
    const key = `${withViews ? 1 : 0}${references.join('\n')}`;
    let plan = plans.get(key);
    if (!plan) plans.set(key, (plan = makePlan(definitions, references, withViews)));
    return plan;
  }

  return async (body: unknown): Promise<string> => {
    const { entities, feature_service, features, full_feature_names, include_feature_view_version_metadata } = checkBody(body, FIELDS);
    const references = feature_service ? referencesOf(definitions, feature_service as string) : ((features ?? []) as string[]);
    if (references.length === 0) throw FeastFault.ofValue('No features specified for retrieval');
    const plan = planOf(references, full_feature_names === true);
    const columns = joinKeyColumns(plan.selection, entities as Readonly<Record<string, unknown>>);
    const answered = await read(store, plan.selection, { ids: await idsOf(pool, plan.selection, columns), now: Date.now() });
    return toAnswer(plan, columns, answered, include_feature_view_version_metadata === true);
  };
}

function referencesOf({ services }: FeatureDefinitions, name: string): readonly string[] {
  const service = services.find((candidate) => candidate.name === name);
  if (!service) throw serviceNotFound(name);
  return service.features;
}

function makePlan(definitions: FeatureDefinitions, references: readonly string[], withViews: boolean): Plan {
  const selection = selectOrFault(definitions, references);
  const names = selection.features.map(({ view, feature }) => (withViews ? `${view.name}__${feature.name}` : feature.name));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    const advice = withViews
      ? 'To resolve this collision, please ensure that the features in question have different names.'
      : "To resolve this collision, either use the full feature name by setting 'full_feature_names=True', or ensure that the features in question have different names.";
    throw FeastFault.ofClass('FeatureNameCollisionError', `Duplicate features named ${twice} found.\n${advice}`);
  }
  return {
    selection,
    namesJson: names.map((name) => JSON.stringify(name)),
    viewNames: [...new Set(selection.features.map(({ view }) => view.name))],
  };
}

/** The columns that are join keys, in the order of the request; a column by the name of its entity is taken too, others are passed over. */
function joinKeyColumns({ entities }: Selection, given: Readonly<Record<string, unknown>>): Columns {
  const lists = Object.entries(given);
  if (lists.length > FEATURES_OF_REQUEST)
    throw FeastFault.ofValue(`${lists.length} columns of entities are too many; send at most ${FEATURES_OF_REQUEST}`);
  const wrong = lists.flatMap(([name, list]) =>
    Array.isArray(list) ? [] : [{ type: 'list_type', loc: ['body', 'entities', name], msg: 'Input should be a valid list', input: list }],
  );
  if (wrong.length > 0) throw FeastFault.ofBody(wrong);
  const count = (lists[0]?.[1] as unknown[] | undefined)?.length ?? 0;
  if (lists.some(([, list]) => (list as unknown[]).length !== count))
    throw FeastFault.ofValue('All entity rows must have the same columns.');
  if (count > ROWS_OF_REQUEST)
    throw FeastFault.ofValue(`${count} entity rows are too many for one request; send at most ${ROWS_OF_REQUEST}`);

  const columns = new Map<string, readonly unknown[]>();
  for (const [name, list] of lists) {
    const entity = entities.find(({ joinKey, name: entityName }) => name === joinKey || name === entityName);
    if (entity) columns.set(entity.joinKey, list as readonly unknown[]);
  }
  const missing = entities.filter(({ joinKey }) => (columns.get(joinKey)?.length ?? 0) === 0).map(({ joinKey }) => `'${joinKey}'`);
  if (missing.length > 0) {
    const provided = lists.map(([name]) => `'${name}'`).join(', ');
    throw FeastFault.ofValue(`Missing join key values for keys: [${missing.join(', ')}]. Provided join_key_values: [${provided}]`);
  }
  return columns;
}

async function idsOf(pool: Pool, { entities }: Selection, columns: Columns): Promise<EntityIds> {
  const ids: Record<string, string[]> = {};
  for (const { name, joinKey } of entities) {
    const given = columns.get(joinKey)!.map((id, row) => toEntityId(id, `${joinKey}[${row}]`));
    ids[name] = name === 'movie' ? await idsOfKnownMovies(pool, given) : given;
  }
  return ids;
}

const NO_TIME = '"1970-01-01T00:00:00Z"';
const repeat = (json: string, count: number) => (count === 0 ? '' : `${`${json},`.repeat(count - 1)}${json}`);

/** The answer, joined out of the stored JSON of each value. */
function toAnswer(
  { selection, namesJson, viewNames }: Plan,
  keys: Columns,
  columns: readonly FeatureColumn[],
  withVersions: boolean,
): string {
  const timesJson = new Map<FeatureColumn['eventMs'], string>();
  const timesOf = ({ eventMs }: FeatureColumn) => {
    let json = timesJson.get(eventMs);
    if (json === undefined) timesJson.set(eventMs, (json = eventMs.map(timeToJson).join()));
    return json;
  };
  const vector = (values: string, statuses: string, times: string) =>
    `{"values":[${values}],"statuses":[${statuses}],"event_timestamps":[${times}]}`;

  const ofKeys = [...keys.values()].map((ids) =>
    vector(ids.map((id) => JSON.stringify(id)).join(), repeat('"PRESENT"', ids.length), repeat(NO_TIME, ids.length)),
  );
  const ofFeatures = columns.map((column, at) => {
    const { values, statuses } = asFeastReads(selection.features[at]!.feature, column);
    return vector(values.join(), `"${statuses.join('","')}"`, timesOf(column));
  });
  const names = [...[...keys.keys()].map((key) => JSON.stringify(key)), ...namesJson];
  const versions = withVersions ? `,"feature_view_metadata":${JSON.stringify(viewNames.map((name) => ({ name })))}` : '';
  return `{"results":[${[...ofKeys, ...ofFeatures].join()}],"metadata":{"feature_names":[${names.join()}]${versions}}}`;
}

interface Values {
  readonly values: readonly string[];
  readonly statuses: readonly FeatureStatus[];
}

/** Feast's client tells the type of a list from its items, and gives up the whole answer where one has none. */
function asFeastReads({ type }: Feature, { values, statuses }: FeatureColumn): Values {
  if (type === 'timestamp') return { values: values.map(isoToSeconds), statuses };
  if (!type.endsWith('_list') || !values.includes(NO_ITEMS)) return { values, statuses };
  const isEmpty = values.map((json) => json === NO_ITEMS);
  return {
    values: values.map((json, row) => (isEmpty[row] ? NULL_JSON : json)),
    statuses: statuses.map((status, row) => (isEmpty[row] ? 'NULL_VALUE' : status)),
  };
}

const NO_ITEMS = '[]';

/** Times on Feast's wire are seconds since 1970. */
const isoToSeconds = (json: string) => (json === 'null' ? json : String(Math.floor(Date.parse(JSON.parse(json) as string) / 1_000)));

const timeToJson = (ms: number | undefined) => (ms === undefined ? NO_TIME : `"${new Date(ms).toISOString().replace('.000Z', 'Z')}"`);
