/** @returns the parts of the path that a pattern such as `/models/:name` names; `*` at its end takes the rest. Undefined where it does not fit */
export function match(pattern: string, at: string): Readonly<Record<string, string>> | undefined {
  const names: string[] = [];
  const expression = pattern.replace(/:(\w+)|\*$/g, (part, name: string | undefined) => {
    names.push(name ?? 'rest');
    return part === '*' ? '(.+)' : '([^/]+)';
  });
  const found = new RegExp(`^${expression}/?$`).exec(at);
  if (!found) return undefined;
  try {
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]));
  } catch {
    return undefined; // a `%` that stands for nothing
  }
}
