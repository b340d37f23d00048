import type { Database } from '../../platform/postgres.ts';
import type { Comparator, Condition, Order } from './conditions.ts';
import { MODEL_COLUMNS, VERSION_COLUMNS, type ModelEntry, type VersionEntry } from './entries.ts';

export interface EntrySearch {
  readonly conditions: readonly Condition[];
  /** Those of whose name something has this tag are left out */
  readonly without: { readonly key: string; readonly value: string } | null;
  readonly order: readonly Order[];
  readonly limit: number;
  /** The place of the last entry of the page before; null for the first page */
  readonly after: readonly string[] | null;
}

export interface EntryPage<Entry> {
  readonly entries: readonly Entry[];
  /** Of the last entry, where more come after it */
  readonly next: readonly string[] | null;
}

/** Where what one kind of entry is searched by stands. */
interface Subject {
  readonly columns: string;
  readonly from: string;
  readonly fields: Readonly<Record<string, { readonly column: string; readonly type: string }>>;
  readonly tags: { readonly table: string; readonly joined: string };
  /** Name of the model */
  readonly name: string;
  /** What decides between entries that are alike by the order asked for */
  readonly ties: readonly Order[];
}

const by = (key: string, ascending: boolean): Order => ({ on: 'attribute', key, ascending });
const text = (column: string) => ({ column, type: 'text' });
const time = (column: string) => ({ column, type: 'timestamptz' });

const MODELS: Subject = {
  columns: MODEL_COLUMNS,
  from: 'registered_models m',
  fields: { name: text('m.name'), last_updated_timestamp: time('m.updated_at') },
  tags: { table: 'registered_model_tags', joined: 't.name = m.name' },
  name: 'm.name',
  ties: [by('name', true)],
};

const VERSIONS: Subject = {
  columns: VERSION_COLUMNS,
  from: 'model_versions v',
  fields: {
    name: text('v.name'),
    run_id: text('v.registry_run_id'),
    source_path: text('v.source'),
    version_number: { column: 'v.version', type: 'bigint' },
    creation_timestamp: time('v.created_at'),
    last_updated_timestamp: time('v.updated_at'),
  },
  tags: { table: 'model_version_tags', joined: 't.name = v.name and t.version = v.version' },
  name: 'v.name',
  ties: [by('name', true), by('version_number', false)],
};

export const searchModels = (db: Database, search: EntrySearch) => searchEntries<ModelEntry>(db, MODELS, search);
export const searchVersions = (db: Database, search: EntrySearch) => searchEntries<VersionEntry>(db, VERSIONS, search);

/** Every value that came from outside is a parameter; what stands in the text of the statement is of the tables above. */
async function searchEntries<Entry>(db: Database, subject: Subject, search: EntrySearch): Promise<EntryPage<Entry>> {
  const values: unknown[] = [];
  const place = (value: unknown) => `$${values.push(value)}`;
  const order = completeOrder(subject, search.order);
  const where = [
    ...search.conditions.map((condition) => conditionSql(subject, condition, place)),
    ...(search.without ? [withoutSql(subject, search.without, place)] : []),
    ...(search.after ? [afterSql(subject, order, search.after, place)] : []),
  ];
  const { rows } = await db.query<{ entry_place: string[] } & Entry>(
    `select ${subject.columns}, array[${order.map(({ key }) => `${columnOf(subject, key)}::text`).join()}] as entry_place
     from ${subject.from} ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
     order by ${order.map(({ key, ascending }) => `${columnOf(subject, key)} ${ascending ? 'asc' : 'desc'}`).join()}
     limit ${place(search.limit + 1)}`,
    values,
  );
  const entries = rows.slice(0, search.limit);
  return { entries, next: rows.length > search.limit ? entries.at(-1)!.entry_place : null };
}

const columnOf = ({ fields }: Subject, key: string) => fields[key]!.column;

const completeOrder = ({ ties }: Subject, asked: readonly Order[]): Order[] => [
  ...asked,
  ...ties.filter(({ key }) => !asked.some((order) => order.key === key)),
];

type Place = (value: unknown) => string;

/** How a comparator is written; a pattern has no sign that takes another's meaning away, so that none can be left open. */
const WRITTEN: Readonly<Record<Exclude<Comparator, 'IS NULL' | 'IS NOT NULL'>, (column: string, value: string, type: string) => string>> = {
  '=': (column, value, type) => `${column} = ${value}::${type}`,
  '!=': (column, value, type) => `${column} <> ${value}::${type}`,
  '<': (column, value, type) => `${column} < ${value}::${type}`,
  '<=': (column, value, type) => `${column} <= ${value}::${type}`,
  '>': (column, value, type) => `${column} > ${value}::${type}`,
  '>=': (column, value, type) => `${column} >= ${value}::${type}`,
  LIKE: (column, value) => `${column} like ${value} escape ''`,
  ILIKE: (column, value) => `${column} ilike ${value} escape ''`,
  IN: (column, value, type) => `${column} = any (${value}::${type}[])`,
  'NOT IN': (column, value, type) => `${column} <> all (${value}::${type}[])`,
};

function compare(comparator: Comparator, column: string, type: string, value: unknown, place: Place): string {
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') return `${column} ${comparator.toLowerCase()}`;
  return WRITTEN[comparator](column, place(value), type);
}

function conditionSql(subject: Subject, { on, key, comparator, value }: Condition, place: Place): string {
  if (on === 'attribute') return compare(comparator, columnOf(subject, key), subject.fields[key]!.type, value, place);
  const { table, joined } = subject.tags;
  return `exists (select from ${table} t where ${joined} and t.key = ${place(key)} and ${compare(comparator, 't.value', 'text', value, place)})`;
}

/** An expression, not `not exists`: Postgres makes a join of that, believes that hardly anything is left, and sorts all versions for one page. */
const withoutSql = ({ tags, name }: Subject, { key, value }: { key: string; value: string }, place: Place) =>
  `coalesce((select false from ${tags.table} w where w.name = ${name} and w.key = ${place(key)} and w.value = ${place(value)} limit 1), true)`;

/** What comes after a place in an order whose keys go up and down: like it in the first keys, and beyond it in the next. */
function afterSql(subject: Subject, order: readonly Order[], after: readonly string[], place: Place): string {
  const places = order.map(({ key }, nth) => ({
    column: columnOf(subject, key),
    value: `${place(after[nth])}::${subject.fields[key]!.type}`,
  }));
  const beyond = order.map(({ ascending }, nth) => {
    const alike = places.slice(0, nth).map(({ column, value }) => `${column} = ${value}`);
    const { column, value } = places[nth]!;
    return `(${[...alike, `${column} ${ascending ? '>' : '<'} ${value}`].join(' and ')})`;
  });
  return `(${beyond.join(' or ')})`;
}
