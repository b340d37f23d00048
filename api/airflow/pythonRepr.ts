/**
 * A JSON value as Python writes it: Airflow answers so where a client is to read back with `ast.literal_eval`.
 * @param inner what the lists within a list are, in Python
 */
export function pythonRepr(value: unknown, inner: 'lists' | 'tuples' = 'lists'): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => (inner === 'tuples' ? tupleOf(item) : pythonRepr(item))).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${quote(key)}: ${pythonRepr(item)}`)
    .join(', ')}}`;
}

const tupleOf = (items: unknown) => `(${(items as unknown[]).map((item) => pythonRepr(item)).join(', ')})`;

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\n\r\t]|\p{Cc}/gu, (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `${mark}${mark === "'" ? escaped.replaceAll("'", "\\'") : escaped}${mark}`;
}
