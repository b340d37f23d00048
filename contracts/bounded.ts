import { z } from 'zod';
import { BODY_DEPTH, FAULTS, WORKFLOW_INPUT_BYTES } from './sizes.ts';

const ROOM_FOR_WORD = 40;

/** The text, or its beginning and how much was left out; at most so many characters (UTF-16) either way. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, Math.max(0, most - ROOM_FOR_WORD)).replace(/[\uD800-\uDBFF]$/, ''); // no half of a pair
  return `${kept} … (${text.length - kept.length} characters left out)`;
}

/** Whether objects and lists stand within each other deeper than `most`. Level by level, for recursion would end where the stack does. */
export function isDeeperThan(value: unknown, most: number): boolean {
  let level = [value].filter(isNest);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((nest) => Object.values(nest).filter(isNest));
  }
  return false;
}
const isNest = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Bytes of a value as JSON, in UTF-8; Infinity where it nests so deep that it cannot be written. */
export const jsonBytes = (value: unknown): number =>
  isDeeperThan(value, BODY_DEPTH) ? Infinity : new TextEncoder().encode(JSON.stringify(value) ?? '').length;

/** An object of any such keys, at most so many. */
export const recordOf = <Key extends z.ZodString, Value extends z.ZodType>(key: Key, value: Value, most: number) =>
  z
    .record(key, value)
    .refine((record) => Object.keys(record).length <= most, `at most ${most} entries`)
    .meta({ maxProperties: most, propertyNames: namesOf(key) }); // the OpenAPI document has them from here alone

/** Says why a workflow's input cannot be taken; undefined where its size is no reason. */
export function tooLarge(input: unknown, most: number): string | undefined {
  const bytes = jsonBytes(input);
  if (bytes <= most) return undefined;
  return bytes === Infinity ? `nests deeper than ${BODY_DEPTH}` : `has ${bytes} bytes as JSON; at most ${most} are taken`;
}

const namesOf = (key: z.ZodString) => ({ ...z.toJSONSchema(key), $schema: undefined });

/** What a schema takes, for the description of another that reads by it. */
export const asMeta = (schema: z.ZodType) => ({ ...z.toJSONSchema(schema, { io: 'input' }), $schema: undefined });

/** The input of a workflow before its own schema has seen it. */
export const workflowInputField = z
  .record(z.string(), z.unknown())
  .superRefine((input, context) => {
    const message = tooLarge(input, WORKFLOW_INPUT_BYTES);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .meta({ 'x-max-bytes': WORKFLOW_INPUT_BYTES });

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/**
 * What zod found wrong: which fields and why, in bounded words that leave the input out, however large it was.
 * @param root what was parsed, by its name; fields of a workflow's input go without
 */
export const fieldErrorsOf = ({ issues }: z.ZodError, root?: string): FieldError[] =>
  boundedErrors(
    issues
      .flatMap(meantIssues)
      .slice(0, FAULTS.most)
      .map(({ path, message }) => ({
        field: [...(root ? [root] : []), ...path].join('.') || 'input',
        message,
      })),
  );

type Issue = z.core.$ZodIssue;
/** zod's own words. */
const ANY_OF_THEM = 'Invalid input';

/** Of alternatives, what is wrong by the one that was meant: the one that fits best what was sent. One that says itself what it takes is left as it is. */
function meantIssues(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.message !== ANY_OF_THEM || !issue.errors.flat().some(isOfField)) return [issue];
  const meant = issue.errors.reduce((best, each) => (misfits(each) < misfits(best) ? each : best));
  return meant.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

const isOfField = ({ code, path }: Issue): boolean => path.length > 0 || code === 'unrecognized_keys';
/** Fields that it does not know, and the one that tells its kinds apart where that is none of them. */
const misfits = (issues: readonly Issue[]): number => issues.reduce((sum, issue) => sum + misfitsOf(issue), 0);
function misfitsOf(issue: Issue): number {
  if (issue.code === 'unrecognized_keys') return issue.path.length === 0 ? issue.keys.length : 0;
  return issue.code === 'invalid_union' && issue.errors.length === 0 ? 1 : 0;
}

export const boundedErrors = (errors: readonly FieldError[]): FieldError[] =>
  errors.slice(0, FAULTS.most).map(({ field, message }) => ({
    field: clip(field, FAULTS.fieldCharacters),
    message: clip(message, FAULTS.messageCharacters),
  }));

export const fieldErrorsText = (faults: readonly FieldError[]): string =>
  clip(faults.map(({ field, message }) => `${field}: ${message}`).join('; '), FAULTS.textCharacters);
