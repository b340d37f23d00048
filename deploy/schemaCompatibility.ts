export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * What stands between those who go by one JSON Schema and another that takes its place. Careful rather than clever: of what it does not know, such as
 * another pattern, it says that it is incompatible.
 * @param isWritten whether we write by the schema and others read; else others write and we read
 * @returns one line for each place; none where nothing stands between
 */
export function incompatibilities(before: JsonSchema, after: JsonSchema, isWritten = false): string[] {
  return [...removed(before, after, ''), ...(isWritten ? narrowed(after, before, '') : narrowed(before, after, ''))];
}

const fieldsOf = (schema: JsonSchema) => (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
const requiredOf = (schema: JsonSchema) => (schema['required'] ?? []) as readonly string[];
const within = (at: string, name: string) => (at ? `${at}.${name}` : name);

/** Fields that are there no longer, at any depth. */
function removed(before: JsonSchema, after: JsonSchema, at: string): string[] {
  const items = [before['items'], after['items']] as [JsonSchema?, JsonSchema?];
  return [
    ...Object.entries(fieldsOf(before)).flatMap(([name, field]) => {
      const now = fieldsOf(after)[name];
      return now ? removed(field, now, within(at, name)) : [`${within(at, name)} is gone`];
    }),
    ...(items[0] && items[1] ? removed(items[0], items[1], `${at}[]`) : []),
  ];
}

/** Where a value that `wide` takes may be one that `narrow` does not. */
function narrowed(wide: JsonSchema, narrow: JsonSchema, at: string): string[] {
  if ('anyOf' in wide || 'anyOf' in narrow) return narrowedAlternatives(alternatives(wide), alternatives(narrow), at);
  return [
    ...typesOf(wide).flatMap((type) => (takesType(narrow, type) ? [] : [`${at} takes no ${type}`])),
    ...narrowedValues(wide, narrow, at),
    ...narrowedBounds(wide, narrow, at),
    ...requiredOf(narrow).flatMap((name) => (requiredOf(wide).includes(name) ? [] : [`${within(at, name)} is required`])),
    ...Object.entries(fieldsOf(wide)).flatMap(([name, field]) => {
      const now = fieldsOf(narrow)[name];
      return now ? narrowed(field, now, within(at, name)) : [];
    }),
    ...CHILDREN.flatMap(([keyword, suffix]) => narrowedChild(wide[keyword], narrow[keyword], `${at}${suffix}`)),
    ...otherKeywords(wide, narrow, at),
  ];
}

const alternatives = (schema: JsonSchema): readonly JsonSchema[] =>
  ((schema['anyOf'] as readonly JsonSchema[] | undefined) ?? [schema]).flatMap((each) => ('anyOf' in each ? alternatives(each) : [each]));

const narrowedAlternatives = (wide: readonly JsonSchema[], narrow: readonly JsonSchema[], at: string): string[] =>
  wide.flatMap((each) =>
    narrow.some((other) => narrowed(each, other, at).length === 0) ? [] : [`${at} takes no longer ${JSON.stringify(each)}`],
  );

const typesOf = ({ type }: JsonSchema): readonly string[] =>
  Array.isArray(type) ? (type as string[]) : typeof type === 'string' ? [type] : [];
function takesType(schema: JsonSchema, type: string): boolean {
  const types = typesOf(schema);
  return types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'));
}

const valuesOf = (schema: JsonSchema) => ('const' in schema ? [schema['const']] : (schema['enum'] as readonly unknown[] | undefined));
function narrowedValues(wide: JsonSchema, narrow: JsonSchema, at: string): string[] {
  const [all, left] = [valuesOf(wide), valuesOf(narrow)];
  if (!left) return [];
  if (!all) return [`${at} takes some values alone`];
  return all.flatMap((value) => (left.includes(value) ? [] : [`${at} takes no ${JSON.stringify(value)}`]));
}

const LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
function narrowedBounds(wide: JsonSchema, narrow: JsonSchema, at: string): string[] {
  const bound = (schema: JsonSchema, keyword: string, none: number) => (schema[keyword] as number | undefined) ?? none;
  return [
    ...LEAST.filter((keyword) => bound(narrow, keyword, -Infinity) > bound(wide, keyword, -Infinity)),
    ...MOST.filter((keyword) => bound(narrow, keyword, Infinity) < bound(wide, keyword, Infinity)),
  ].map((keyword) => `${at}: ${keyword} is ${String(narrow[keyword])}`);
}

const CHILDREN = [
  ['items', '[]'],
  ['additionalProperties', '.*'],
  ['propertyNames', ' keys'],
] as const;
function narrowedChild(wide: unknown, narrow: unknown, at: string): string[] {
  if (narrow === undefined || narrow === true) return [];
  if (narrow === false) return wide === false ? [] : [`${at} is closed`];
  return typeof wide === 'object' && wide !== null
    ? narrowed(wide as JsonSchema, narrow as JsonSchema, at)
    : [`${at} is not free any more`];
}

/** Words for people, and what is looked at above. */
const LOOKED_AT = new Set<string>([
  ...['$schema', '$id', 'title', 'description', 'default', 'examples', 'x-topic', 'x-cloudevents-type'],
  ...['type', 'const', 'enum', 'required', 'properties', 'anyOf', ...LEAST, ...MOST, ...CHILDREN.map(([keyword]) => keyword)],
]);
const otherKeywords = (wide: JsonSchema, narrow: JsonSchema, at: string): string[] =>
  Object.keys(narrow)
    .filter((keyword) => !LOOKED_AT.has(keyword) && JSON.stringify(narrow[keyword]) !== JSON.stringify(wide[keyword]))
    .map((keyword) => `${at}: ${keyword} is ${JSON.stringify(narrow[keyword])}`);
