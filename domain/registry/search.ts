import type { Database } from '../../platform/postgres.ts';
import type { Comparator, Condition, ConditionOn, Order } from './conditions.ts';

/** Kinds of what is compared and ordered by, as Postgres calls them. */
export type Kind = 'text' | 'float8' | 'bigint' | 'timestamptz';

interface Field {
  readonly sql: string;
  readonly kind: Kind;
  /** As conditions compare it, where that is another text than what is ordered by */
  readonly comparedAs?: string;
  /** A column that is never null: it is ordered by and compared as it stands, so that an index of it serves */
  readonly indexed?: true;
}

/** Values that a thing has by key. */
interface Keyed {
  readonly table: string;
  /** The condition that joins `k`, the row of a key, to the thing */
  readonly of: string;
  readonly kind: 'text' | 'float8';
}

/** What can be searched: where it is, what of it a page gives, and what is behind the names of conditions. The names are ours, never a caller's. */
export interface Subject {
  readonly from: string;
  readonly select: string;
  readonly attributes: Readonly<Record<string, Field>>;
  readonly keyed: Partial<Record<ConditionOn, Keyed>>;
  /** The natural order, which goes on where the asked one ends; all of it tells any two apart. Each by its attribute. */
  readonly natural: readonly Order[];
  /** SQL of a condition on a data set */
  readonly datasetCondition?: (key: string, compare: (sql: string) => string) => string;
}

export interface Search {
  readonly conditions: readonly Condition[];
  readonly orders: readonly Order[];
  /** Further SQL conditions, with a function that adds a value to the statement and gives its place */
  readonly where: (bind: Bind) => readonly string[];
  readonly limit: number;
  /** Where the page before ended, as `next` of it says */
  readonly after: readonly string[] | null;
}
type Bind = (value: unknown) => string;

interface SortKey extends Field {
  readonly ascending: boolean;
}

/** One statement that finds a page: rows of what the subject gives and `at`, the row's place in the order as JSON, of which one is read. */
function searchStatement(subject: Subject, search: Search): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const joins: string[] = [];
  const keys = sortKeys(subject, search.orders, bind, joins);
  const where = [
    ...search.where(bind),
    ...search.conditions.map((condition) => conditionSql(subject, condition, bind)),
    ...(search.after ? [isAfter(keys, search.after, bind)] : []),
  ];
  const text = `select ${subject.select}, json_build_array(${keys.map(({ sql }) => `(${sql})::text`).join(', ')})::text as at
    from ${subject.from} ${joins.join(' ')} ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
    order by ${keys.map(({ sql, ascending }) => `${sql} ${ascending ? 'asc' : 'desc'}`).join(', ')} limit ${bind(search.limit)}`;
  return { text, values };
}

export interface Found<T> {
  readonly found: readonly T[];
  /** The place of the last, where more come after it */
  readonly next: readonly string[] | null;
}

/** A page of any subject in one statement. */
export async function findPage<T>(db: Database, subject: Subject, search: Search): Promise<Found<T>> {
  const { text, values } = searchStatement(subject, { ...search, limit: search.limit + 1 });
  const { rows } = await db.query<T & { at: string }>(text, values);
  const found = rows.slice(0, search.limit);
  return { found, next: rows.length > found.length ? (JSON.parse(found.at(-1)!.at) as string[]) : null };
}

/** How many a search finds, counted to `most`. */
export async function countFound(
  db: Database,
  subject: Subject,
  { conditions, where }: Pick<Search, 'conditions' | 'where'>,
  most: number,
): Promise<number> {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const all = [...where(bind), ...conditions.map((condition) => conditionSql(subject, condition, bind))];
  const found = `select from ${subject.from} ${all.length > 0 ? `where ${all.join(' and ')}` : ''} limit ${bind(most)}`;
  const { rows } = await db.query<{ count: number }>(`select count(*)::int as count from (${found}) as found`, values);
  return rows[0]!.count;
}

/** A page of any subject in two statements: which, then all of each. */
export async function searchPage<T>(
  db: Database,
  subject: Subject,
  search: Search,
  load: (ids: readonly string[]) => Promise<readonly T[]>,
): Promise<Found<T>> {
  const { found: which, next } = await findPage<{ id: string }>(db, subject, search);
  const found = which.length === 0 ? [] : await load(which.map(({ id }) => id));
  return { found, next };
}

/** How many places the order of a search has: what `after` must have. */
export const placesOf = (subject: Subject, orders: readonly Order[]): readonly Kind[] =>
  sortKeys(subject, orders, () => '', []).map(({ kind }) => kind);

/** Each key that may be missing is two: whether it is (NaN comes after all numbers, what is not there last), then its value, which is never null. */
function sortKeys(subject: Subject, orders: readonly Order[], bind: Bind, joins: string[]): SortKey[] {
  const asked = orders.flatMap((order): SortKey[] => {
    const field = order.on === 'attribute' ? subject.attributes[order.key]! : joinKeyed(subject, order, bind, joins);
    if (field.indexed) return [{ ...field, ascending: order.ascending }];
    const { sql, kind } = field;
    const nan = kind === 'float8' ? `when ${sql} = 'NaN' then 1 ` : '';
    const empty = kind === 'text' ? `''` : '0';
    return [
      { sql: `case ${nan}when ${sql} is null then 2 else 0 end`, kind: 'bigint', ascending: true },
      {
        sql: `case ${nan === '' ? '' : `when ${sql} = 'NaN' then 0 `}when ${sql} is null then ${empty} else ${sql} end${collate(kind)}`,
        kind,
        ascending: order.ascending,
      },
    ];
  });
  const natural = subject.natural
    .filter(({ key }) => !orders.some((order) => order.on === 'attribute' && order.key === key))
    .map(({ key, ascending }) => {
      const field = subject.attributes[key]!;
      return { ...field, sql: field.indexed ? field.sql : field.sql + collate(field.kind), ascending };
    });
  return [...asked, ...natural];
}

const collate = (kind: Kind) => (kind === 'text' ? ' collate "C"' : '');

function joinKeyed({ keyed }: Subject, { on, key }: Order, bind: Bind, joins: string[]): Field {
  const { table, of, kind } = keyed[on]!;
  const name = `o${joins.length}`;
  joins.push(`left join lateral (select k.value from ${table} k where ${of} and k.key = ${bind(key)}) ${name} on true`);
  return { sql: `${name}.value`, kind };
}

/** Whether a row comes after a place: the first key that differs decides. */
function isAfter(keys: readonly SortKey[], after: readonly string[], bind: Bind): string {
  return keys.reduceRight((rest, { sql, kind, ascending }, at) => {
    const place = `${bind(after[at])}::${kind}`;
    const beyond = `${sql} ${ascending ? '>' : '<'} ${place}`;
    return rest === '' ? `(${beyond})` : `(${beyond} or (${sql} = ${place} and ${rest}))`;
  }, '');
}

function conditionSql(subject: Subject, condition: Condition, bind: Bind): string {
  const { on, key, comparator } = condition;
  if (on === 'attribute') {
    const { sql, kind, comparedAs, indexed } = subject.attributes[key]!;
    const isWhole = indexed && kind === 'bigint' && Number.isSafeInteger(condition.value);
    return compare(comparedAs ?? sql, kind === 'text' || comparedAs ? 'text' : isWhole ? 'bigint' : 'float8', condition, bind);
  }
  if (on === 'dataset') return subject.datasetCondition!(key, (sql) => compare(sql, 'text', condition, bind));
  const { table, of, kind } = subject.keyed[on]!;
  const found = `select from ${table} k where ${of} and k.key = ${bind(key)}`;
  if (comparator === 'IS NULL') return `not exists (${found})`;
  if (comparator === 'IS NOT NULL') return `exists (${found})`;
  return `exists (${found} and ${compare('k.value', kind, condition, bind)})`;
}

/** NaN is different from every number, and neither less nor more. Patterns have no escape: `\` stands for itself. */
function compare(sql: string, kind: Exclude<Kind, 'timestamptz'>, { comparator, value }: Condition, bind: Bind): string {
  const place = bind(value);
  if (comparator === 'IN') return `${sql} = any(${place}::text[])`;
  if (comparator === 'NOT IN') return `${sql} <> all(${place}::text[])`;
  if (comparator === 'LIKE' || comparator === 'ILIKE') return `${sql} ${comparator} ${place}::text escape ''`;
  const compared = `${sql} ${OPERATORS[comparator as keyof typeof OPERATORS]} ${place}::${kind}`;
  return kind === 'float8' && comparator.startsWith('>') ? `(${compared} and ${sql} <> 'NaN'::float8)` : compared;
}
const OPERATORS = { '=': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const satisfies Partial<
  Record<Comparator, string>
>;
