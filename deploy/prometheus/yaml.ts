/** What Prometheus and Alertmanager read. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml };

const PLAIN = /^[A-Za-z][\w./-]*$/;
const WORDS = /^(true|false|yes|no|on|off|null|y|n)$/i;

/** As YAML, which JSON's strings are a part of. */
export function toYaml(value: Yaml, indent = ''): string {
  if (typeof value === 'string') return PLAIN.test(value) && !WORDS.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    const items = value as readonly Yaml[];
    if (items.length === 0) return '[]';
    return items.map((item) => `\n${indent}- ${toYaml(item, `${indent}  `).replace(/^\n\s*/, '')}`).join('');
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  return entries.map(([key, item]) => `\n${indent}${key}:${below(item, indent)}`).join('');
}

function below(item: Yaml, indent: string): string {
  const text = toYaml(item, `${indent}  `);
  return text.startsWith('\n') ? text : ` ${text}`;
}

/** A file of it. @param head comment lines without their `#` */
export const yamlFile = (head: readonly string[], value: Yaml): string =>
  `${head.map((line) => `# ${line}\n`).join('')}${toYaml(value).trimStart()}\n`;
