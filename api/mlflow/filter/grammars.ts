import type { Comparator, ConditionOn } from '../../../domain/registry/conditions.ts';

/** A field that can be compared: its name for the domain, and which comparators. */
interface Attribute {
  readonly key: string;
  readonly kind: 'text' | 'number';
  readonly comparators: readonly Comparator[];
}

/** What one kind of search compares and orders by, and MLflow's words for what it refuses. */
export interface Grammar {
  /** What stands before the dot */
  readonly entities: ReadonlyMap<string, ConditionOn>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Of all other entities */
  readonly comparators: Partial<Record<ConditionOn, readonly Comparator[]>>;
  readonly datasetKeys: readonly string[];
  /** Whether a number may stand in quotes */
  readonly quotedNumbers: boolean;
  /** Attributes by the names that `order_by` knows, and entities whose keys it takes. */
  readonly order: { readonly attributes: ReadonlyMap<string, string>; readonly entities: readonly ConditionOn[] };
  readonly words: Words;
}

interface Words {
  readonly clauses: (texts: readonly string[], filter: string) => string;
  /** For more than one statement */
  readonly several: (filter: string) => string;
  readonly entity: (name: string) => string;
  readonly comparator: (on: ConditionOn, key: string, comparator: string, allowed: readonly Comparator[]) => string;
  readonly isNull: (on: ConditionOn, key: string) => string;
  /** For what is no text in quotes where an attribute's value has to be one */
  readonly noText: (value: string, isNumber: boolean) => string;
  /** For an attribute that nothing is ordered by, where MLflow has words of its own */
  readonly orderKey?: (key: string) => string;
}

const NUMERIC = ['=', '!=', '<', '<=', '>', '>='] as const;
const TEXT = ['=', '!=', 'LIKE', 'ILIKE'] as const;
const LISTED = [...TEXT, 'IN', 'NOT IN'] as const;
const NULLABLE = [...TEXT, 'IS NULL', 'IS NOT NULL'] as const;

const text = (key: string, comparators: readonly Comparator[] = TEXT): Attribute => ({ key, kind: 'text', comparators });
const number = (key: string): Attribute => ({ key, kind: 'number', comparators: NUMERIC });
const named = <T>(names: Readonly<Record<string, T>>) => new Map(Object.entries(names));
const same = (...names: readonly string[]) => new Map(names.map((name) => [name, name]));

/** As Python prints a set, a list or a tuple of texts. */
export const inPython = (items: Iterable<string>, brackets: '{}' | '[]' | '()'): string => `${brackets[0]}${quoted(items)}${brackets[1]}`;
/** As Python prints a text. */
export const textInPython = (text: string): string =>
  text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", String.raw`\'`)}'`;
const quoted = (items: Iterable<string>) => [...items].map((item) => `'${item}'`).join(', ');

const several = (filter: string) => `Search filter contained multiple expression ${textInPython(filter)}. Provide AND-ed expression list.`;

const REGISTRY_ENTITIES = named<ConditionOn>({ attribute: 'attribute', tag: 'tag', tags: 'tag' });
const REGISTRY_WORDS: Words = {
  clauses: (texts) => `Invalid clause(s) in filter string: ${texts.join(', ')}`,
  several,
  entity: (name) => `Invalid entity type '${name}'. Valid entity types are ${inPython(REGISTRY_ENTITIES.keys(), '()')}`,
  comparator: (on, key, comparator, allowed) => `Invalid comparator for ${allowed === NUMERIC ? `${on} ${key}` : on}: ${comparator}`,
  isNull: (on, key) => `IS NULL / IS NOT NULL is only supported for tags, not for ${on} '${key}'`,
  noText: (value) => `Expected a quoted string value or a list of quoted string values for attributes. Got value ${value}`,
};
const noText = (value: string) => `Expected a quoted string value for attributes. Got value ${value}`;
const notOneOf = (comparator: string, known: readonly Comparator[]) =>
  `Invalid comparator '${comparator}' not one of '${inPython(known, '{}')}`;

export const RUNS: Grammar = {
  entities: named<ConditionOn>({
    ...{ metric: 'metric', metrics: 'metric' },
    ...{ parameter: 'parameter', parameters: 'parameter', param: 'parameter', params: 'parameter' },
    ...{ tag: 'tag', tags: 'tag' },
    ...{ attribute: 'attribute', attributes: 'attribute', attr: 'attribute', run: 'attribute' },
    ...{ dataset: 'dataset', datasets: 'dataset' },
  }),
  attributes: named({
    run_id: text('run_id', LISTED),
    run_name: text('run_name'),
    'run name': text('run_name'),
    'Run name': text('run_name'),
    'Run Name': text('run_name'),
    user_id: text('user_id'),
    status: text('status'),
    artifact_uri: text('artifact_uri'),
    start_time: number('start_time'),
    created: number('start_time'),
    Created: number('start_time'),
    end_time: number('end_time'),
  }),
  comparators: { metric: NUMERIC, parameter: NULLABLE, tag: NULLABLE, dataset: LISTED },
  datasetKeys: ['name', 'digest', 'context'],
  quotedNumbers: false,
  order: {
    attributes: named({
      ...Object.fromEntries(same('run_id', 'run_name', 'user_id', 'status', 'artifact_uri', 'start_time', 'end_time')),
      created: 'start_time',
      Created: 'start_time',
    }),
    entities: ['metric', 'parameter', 'tag'],
  },
  words: {
    clauses: (texts) => `Invalid clause(s) in filter string: ${quoted(texts)}`,
    several,
    entity: (name) => `Invalid entity type '${name}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
    // Which of them close the quote is MLflow's own.
    comparator: (on, _key, comparator, allowed) =>
      on === 'attribute'
        ? `${notOneOf(comparator, LISTED)}${allowed === NUMERIC ? '' : "'"}`
        : `${notOneOf(comparator, allowed)}${on === 'parameter' ? "'" : ''}`,
    isNull: (on, key) => `IS NULL / IS NOT NULL is only supported for tags and params, not for '${on}' '${key}'`,
    noText,
  },
};

export const EXPERIMENTS: Grammar = {
  entities: REGISTRY_ENTITIES,
  attributes: named({
    name: text('name'),
    experiment_id: text('experiment_id', ['=', '!=', 'IN', 'NOT IN']),
    creation_time: number('creation_time'),
    last_update_time: number('last_update_time'),
  }),
  comparators: { tag: NULLABLE },
  datasetKeys: [],
  quotedNumbers: false,
  order: { attributes: same('name', 'experiment_id', 'creation_time', 'last_update_time'), entities: [] },
  words: {
    ...REGISTRY_WORDS,
    comparator: (on, key, comparator, allowed) => {
      if (on !== 'attribute' || key === 'experiment_id') return `Invalid comparator for ${on === 'attribute' ? key : on}: ${comparator}`;
      return `${notOneOf(comparator, LISTED)}${allowed === NUMERIC ? '' : "'"}`;
    },
    noText,
  },
};

export const REGISTERED_MODELS: Grammar = {
  entities: REGISTRY_ENTITIES,
  attributes: named({ name: text('name', LISTED) }),
  comparators: { tag: TEXT },
  datasetKeys: [],
  quotedNumbers: false,
  order: {
    attributes: named({ name: 'name', timestamp: 'last_updated_timestamp', last_updated_timestamp: 'last_updated_timestamp' }),
    entities: [],
  },
  words: {
    ...REGISTRY_WORDS,
    orderKey: (key) => `Invalid order by key '${key}' specified. Valid keys are '{'name', 'timestamp'}'`,
  },
};

export const MODEL_VERSIONS: Grammar = {
  entities: REGISTRY_ENTITIES,
  attributes: named({
    name: text('name', LISTED),
    run_id: text('run_id', LISTED),
    source_path: text('source_path'),
    version_number: number('version_number'),
  }),
  comparators: { tag: TEXT },
  datasetKeys: [],
  quotedNumbers: true,
  order: { attributes: same('name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'), entities: [] },
  words: {
    ...REGISTRY_WORDS,
    noText: (value, isNumber) =>
      isNumber
        ? "Only the '{'creation_timestamp', 'last_updated_timestamp', 'version_number'}' attributes support comparison with numeric values."
        : REGISTRY_WORDS.noText(value, isNumber),
  },
};

const LOGGED_NAMES: Record<ConditionOn, string> = {
  attribute: 'attributes',
  metric: 'metrics',
  parameter: 'params',
  tag: 'tags',
  dataset: 'datasets',
};

export const LOGGED_MODELS: Grammar = {
  entities: named<ConditionOn>({ attributes: 'attribute', metrics: 'metric', params: 'parameter', tags: 'tag' }),
  attributes: named({
    name: text('name', LISTED),
    model_id: text('model_id', LISTED),
    experiment_id: text('experiment_id', LISTED),
    model_type: text('model_type', LISTED),
    status: text('status', LISTED),
    source_run_id: text('source_run_id', LISTED),
    creation_time: number('creation_timestamp'),
    creation_timestamp: number('creation_timestamp'),
    creation_timestamp_ms: number('creation_timestamp'),
    last_updated_timestamp: number('last_updated_timestamp'),
    last_updated_timestamp_ms: number('last_updated_timestamp'),
  }),
  comparators: { metric: NUMERIC, parameter: LISTED, tag: LISTED },
  datasetKeys: [],
  quotedNumbers: false,
  order: {
    attributes: named({
      ...Object.fromEntries(same('name', 'model_id', 'experiment_id', 'model_type', 'status', 'source_run_id')),
      creation_time: 'creation_timestamp',
      creation_timestamp: 'creation_timestamp',
      creation_timestamp_ms: 'creation_timestamp',
      last_updated_timestamp: 'last_updated_timestamp',
      last_updated_timestamp_ms: 'last_updated_timestamp',
    }),
    entities: ['metric'],
  },
  words: {
    several: (filter) => `Invalid filter string: ${textInPython(filter)}. Expected a single SQL expression.`,
    clauses: (_texts, filter) =>
      `Invalid filter string: ${textInPython(filter)}. Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01').`,
    entity: (name) => `Invalid entity type: '${name}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`,
    comparator: (on, key, comparator, allowed) =>
      `Invalid comparison operator for ${LOGGED_NAMES[on]}.${key}: '${comparator}'. Expected one of ${inPython(allowed, '()')}.`,
    isNull: (on, key) =>
      `Invalid comparison: ${on === 'attribute' ? '' : `${LOGGED_NAMES[on]}.`}${key}IS NULL. Expected a comparison with 3 tokens.`,
    noText,
  },
};
