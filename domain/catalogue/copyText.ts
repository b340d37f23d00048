/** A line of COPY's CSV format; null is the empty field. */
export const copyLine = (values: readonly (string | number | null)[]): string => `${values.map(copyField).join()}\n`;

const copyField = (value: string | number | null) => {
  if (value === null) return '';
  return typeof value === 'number' ? value : `"${value.replaceAll('"', '""')}"`;
};

/** A text[] as Postgres reads it. */
export const arrayLiteral = (items: readonly string[]): string => `{${items.map(quoted).join()}}`;

// Not as JSON: to Postgres \\n is an n.
const quoted = (item: string) => `"${item.replaceAll(/["\\]/g, '\\$&')}"`;
