import { FEATURES_OF_REQUEST, ID_CHARACTERS } from '../../contracts/sizes.ts';
import { FeastFault, type BodyFault } from './faults.ts';

type Body = Readonly<Record<string, unknown>>;

type Refusal = Pick<BodyFault, 'type' | 'msg'>;
const MAX_ITEMS = FEATURES_OF_REQUEST;

const refuseUnless = (isRight: (value: unknown) => boolean, type: string, what: string) => (value: unknown) =>
  isRight(value) ? undefined : { type, msg: `Input should be a valid ${what}` };
const isString = (value: unknown): value is string => typeof value === 'string';
const refuseString = (value: unknown): Refusal | undefined => {
  if (!isString(value)) return { type: 'string_type', msg: 'Input should be a valid string' };
  return value.length <= ID_CHARACTERS
    ? undefined
    : { type: 'string_too_long', msg: `String should have at most ${ID_CHARACTERS} characters` };
};
const refuseStrings = (value: unknown): Refusal | undefined => {
  if (!Array.isArray(value) || !value.every(isString)) return { type: 'list_type', msg: 'Input should be a valid list' };
  if (value.length > MAX_ITEMS)
    return { type: 'too_long', msg: `List should have at most ${MAX_ITEMS} items after validation, not ${value.length}` };
  return value.map(refuseString).find((refusal) => refusal !== undefined);
};

/** What pydantic says of a value that is not what a field has to be, with our bounds of its size; undefined where it is. */
const KINDS = {
  string: refuseString,
  boolean: refuseUnless((value) => typeof value === 'boolean', 'bool_type', 'boolean'),
  strings: refuseStrings,
  object: refuseUnless(isObject, 'dict_type', 'dictionary'),
} as const satisfies Record<string, (value: unknown) => Refusal | undefined>;

export interface Field {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly isRequired?: true;
}

/**
 * Checks a body by a list of fields: by hand, since this stands in the way of every read. A field that may be missing may also be null.
 * @throws FeastFault that names each field at fault
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
  const refusal = KINDS[kind](value);
  return refusal ? [{ ...refusal, loc: ['body', name], input: value }] : [];
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
