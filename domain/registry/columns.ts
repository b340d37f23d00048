/**
 * Rows of a table as one JSON value, a list a column: Postgres writes that, and JSON.parse reads it, in half the time of a list of objects.
 * @param columns SQL of each @param order SQL that tells any two rows apart
 */
export const columnsSql = (columns: readonly string[], order: string): string =>
  `json_build_array(${columns.map((column) => `array_agg(${column} order by ${order})`).join(', ')})`;

/** What `columnsSql` gives: as many lists as columns, all of one length; null in place of each where there are no rows. */
export type Columns = readonly (readonly unknown[] | null)[];

/** Each row of it, made of its values in the order of the columns. */
export const rowsOf = <Row>(columns: Columns, make: (...values: never[]) => Row): Row[] =>
  (columns[0] ?? []).map((_, nth) => make(...(columns.map((column) => column![nth]) as never[])));
