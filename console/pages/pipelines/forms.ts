/** Fields of a form, made from the JSON Schema of a workflow's input. */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Common {
  readonly name: string;
  readonly description: string | undefined;
  /** What the API takes where nothing is given */
  readonly preset: unknown;
  readonly isRequired: boolean;
}
export type Field = Common &
  (
    | { readonly kind: 'text' | 'boolean' | 'json' | 'list' }
    | { readonly kind: 'number'; readonly isWhole: boolean; readonly min: number | undefined; readonly max: number | undefined }
    | { readonly kind: 'choice' | 'kinds'; readonly options: readonly string[] }
    | { readonly kind: 'group'; readonly fields: readonly Field[] }
  );

/**
 * What a person put into a form: texts by the names of fields, those of a group within, and of models their hyper-parameters as JSON by their kinds. What is
 * missing or empty is left to the API.
 */
export interface Filled {
  readonly [name: string]: string | Filled | undefined;
}

export function fieldsOf({ properties = {}, required = [] }: Schema): Field[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    description: schema.description,
    preset: schema.default,
    isRequired: required.includes(name) && schema.default === undefined,
    ...kindOf(schema),
  }));
}

function kindOf(schema: Schema) {
  if (schema.enum) return { kind: 'choice', options: schema.enum.map(String) } as const;
  if (schema.type === 'boolean') return { kind: 'boolean' } as const;
  if (schema.type === 'integer' || schema.type === 'number')
    return { kind: 'number', isWhole: schema.type === 'integer', min: schema.minimum, max: schema.maximum } as const;
  if (schema.type === 'string') return { kind: 'text' } as const;
  if (schema.type === 'object' && schema.properties && isFlat(schema)) return { kind: 'group', fields: fieldsOf(schema) } as const;
  if (schema.type === 'array' && schema.items) return kindOfArray(schema.items);
  return { kind: 'json' } as const;
}

/** Models are told by their kind, with what else is said of each. */
function kindOfArray(items: Schema) {
  const kinds = items.oneOf?.map(({ properties }) => properties?.['kind']?.const);
  if (kinds?.every((kind) => typeof kind === 'string')) return { kind: 'kinds', options: kinds } as const;
  if (items.type === 'string') return { kind: 'list' } as const;
  return { kind: 'json' } as const;
}

/** Groups in groups are written as JSON. */
const isFlat = ({ properties = {} }: Schema) => Object.values(properties).every(({ type }) => type !== 'object' && type !== 'array');

/** @returns the input as the API takes it, with nothing that was not filled in. @throws SyntaxError where a field is to be JSON and is not */
export function inputOf(fields: readonly Field[], filled: Filled): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueOf(field, filled[field.name]);
      return value === undefined ? [] : [[field.name, value]];
    }),
  );
}

function valueOf(field: Field, given: Filled[string]): unknown {
  if (given === undefined || given === '') return undefined;
  if (field.kind === 'group') {
    const inner = inputOf(field.fields, given as Filled);
    return Object.keys(inner).length === 0 ? undefined : inner;
  }
  if (field.kind === 'kinds') {
    const chosen = Object.entries(given as Filled).flatMap(([kind, rest]) =>
      rest === undefined ? [] : [{ kind, ...objectIn(rest as string) }],
    );
    return chosen.length === 0 ? undefined : chosen;
  }
  const text = given as string;
  if (field.kind === 'number') return Number(text);
  if (field.kind === 'boolean') return text === 'true';
  if (field.kind === 'list') return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  return field.kind === 'json' ? (JSON.parse(text) as unknown) : text;
}

/** @throws SyntaxError where it is no object as JSON */
export function objectIn(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('not an object');
  return value as Readonly<Record<string, unknown>>;
}

/** Whether a form has a place for all of an input, so that it comes out as it was. */
export function holds(fields: readonly Field[], input: unknown): boolean {
  try {
    return canonical(inputOf(fields, filledWith(fields, input))) === canonical(input);
  } catch {
    return false; // a value of another kind than its field's
  }
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** How an input that was given before is put into a form that holds it. */
export function filledWith(fields: readonly Field[], input: unknown): Filled {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    fields.flatMap((field) => (given[field.name] === undefined ? [] : [[field.name, filledBy(field, given[field.name])]])),
  );
}

function filledBy(field: Field, value: unknown): Filled[string] {
  if (field.kind === 'group') return filledWith(field.fields, value);
  if (field.kind === 'kinds')
    return Object.fromEntries(
      (value as readonly { kind: string }[]).map(({ kind, ...rest }) => [kind, Object.keys(rest).length === 0 ? '' : JSON.stringify(rest)]),
    );
  if (field.kind === 'list') return (value as readonly string[]).join(', ');
  return field.kind === 'json' ? JSON.stringify(value) : String(value);
}
