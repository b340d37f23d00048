import { FeastFault, type BodyFault } from './faults.ts';

type Body = Readonly<Record<string, unknown>>;

/** What a field has to be, and what pydantic says when it is not. */
const KINDS = {
  string: { is: (value: unknown) => typeof value === 'string', type: 'string_type', msg: 'Input should be a valid string' },
  boolean: { is: (value: unknown) => typeof value === 'boolean', type: 'bool_type', msg: 'Input should be a valid boolean' },
  list: { is: Array.isArray, type: 'list_type', msg: 'Input should be a valid list' },
  strings: {
    is: (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    type: 'list_type',
    msg: 'Input should be a valid list',
  },
  object: { is: isObject, type: 'dict_type', msg: 'Input should be a valid dictionary' },
} as const;

export interface Field {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly isRequired?: true;
}

/**
 * Checks a body by a list of fields: by hand, since this stands in the way of every read. A field that may be missing may also be null.
 * @throws FeastFault 422 that names each field at fault
 */
export function checkBody(body: unknown, fields: readonly Field[]): Body {
  if (!isObject(body))
    throw FeastFault.ofBody([
      { type: 'model_attributes_type', loc: ['body'], msg: 'Input should be a valid dictionary', input: body ?? null },
    ]);
  const faults = fields.flatMap((field) => faultsOf(body, field));
  if (faults.length > 0) throw FeastFault.ofBody(faults);
  return body;
}

function faultsOf(body: Body, { name, kind, isRequired }: Field): BodyFault[] {
  const value = body[name];
  if (value === undefined || (value === null && !isRequired))
    return isRequired ? [{ type: 'missing', loc: ['body', name], msg: 'Field required', input: body }] : [];
  const { is, type, msg } = KINDS[kind];
  return is(value) ? [] : [{ type, loc: ['body', name], msg, input: value }];
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
