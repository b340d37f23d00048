/**
 * Rows of a table as one JSON value, a list a column: Postgres writes that, and JSON.parse reads it, in half the time of a list of objects.
 * @param columns SQL of each by its name @param order SQL; where missing the rows stand as they were found
 */
export const columnsSql = (columns: Readonly<Record<string, string>>, order?: string): string =>
  `json_build_object(${Object.entries(columns)
    .map(([name, sql]) => `'${name}', array_agg(${sql}${order ? ` order by ${order}` : ''})`)
    .join(', ')})`;

/** What `columnsSql` gives: a list of each column, all of one length; null in place of each where there are no rows. */
export type Columns<Row> = { readonly [Name in keyof Row]: readonly Row[Name][] | null };
export type Filled<Row> = { readonly [Name in keyof Row]: readonly Row[Name][] };

/** The rows, each made of the columns and its place in them. */
export const rowsOf = <Row extends object, Made>(columns: Columns<Row>, make: (columns: Filled<Row>, nth: number) => Made): Made[] => {
  const [first] = Object.values<readonly unknown[] | null>(columns);
  return first?.map((_, nth) => make(columns as Filled<Row>, nth)) ?? [];
};

/** One of them, whatever its columns. */
export const rowAt = <Row extends object>(columns: Filled<Row>, nth: number): Row =>
  Object.fromEntries(Object.entries<readonly unknown[]>(columns).map(([name, values]) => [name, values[nth]])) as Row;

/** The rows by whom they are of, whose place, from 1, is in a column. @param count of those */
export function groupsOf<Row extends object, Made>(
  { place, ...columns }: Columns<Row & { readonly place: number }>,
  count: number,
  make: (columns: Filled<Row>, nth: number) => Made,
): Made[][] {
  const groups = Array.from({ length: count }, (): Made[] => []);
  place?.forEach((at, nth) => groups[at - 1]!.push(make(columns as unknown as Filled<Row>, nth)));
  return groups;
}

/**
 * A time in ms since 1970, exact for whole ms up to the last time that JavaScript knows. `extract` would reckon in decimals, which takes four times
 * as long.
 */
export const msSql = (time: string): string => `(date_part('epoch', ${time}) * 1000)::bigint`;
