import { posix } from 'node:path';
import { invalidParameter } from './faults.ts';

/** What MLflow allows of names and lengths (mlflow/utils/validation.py), counted in characters as Python does. */
export const LENGTHS = {
  key: 250,
  param: 6_000,
  tag: 8_000,
  experimentName: 500,
  experimentTag: 20_000,
  artifactLocation: 2_048,
  dataset: { name: 500, digest: 36, source: 65_535, schema: 1_048_575, profile: 16_777_215 },
  inputTag: { key: 255, value: 500 },
} as const;

const NAME = /^[/\p{L}\p{N}\p{M}_.\- :]*$/u;

/** A key of a metric, a parameter or a tag. @param at its place in the request @throws MlflowFault */
export function checkKey(key: string, at: string): string {
  if (!NAME.test(key))
    throw invalidParameter(
      `Invalid value ${JSON.stringify(key)} for parameter '${at}' supplied: Names may only contain alphanumerics, underscores (_), ` +
        'dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    );
  refuseOtherPath(key, at);
  return key;
}

/** @param at its place in the request @throws MlflowFault for a name that as a path would lead elsewhere */
export function refuseOtherPath(name: string, at: string): void {
  const resolved = posix.normalize(name).replace(/(?<=.)\/$/, '');
  if (resolved === name && resolved !== '.' && !resolved.startsWith('..') && !resolved.startsWith('/')) return;
  throw invalidParameter(
    `Invalid value ${JSON.stringify(name)} for parameter '${at}' supplied: Names may be treated as files in certain cases, and must not ` +
      `resolve to other names when treated as such. This name would resolve to '${resolved}'`,
  );
}

/** @throws MlflowFault */
export function checkLength(text: string, most: number, name: string): string {
  if (isLonger(text, most)) throw invalidParameter(`'${name}' exceeds the maximum length of ${most} characters`);
  return text;
}

/** The beginning of what is longer than is kept, as MLflow does with values of parameters and tags. */
export const cut = (text: string, most: number): string => (isLonger(text, most) ? [...text].slice(0, most).join('') : text);

const isLonger = (text: string, most: number) => text.length > most && [...text].length > most;
