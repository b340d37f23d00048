import { invalidParameter, missingValue } from './faults.ts';
import type { Pairs } from './fields.ts';
import { checkKey, checkLength, refuseOtherPath } from './names.ts';

/** MLflow's limits of what stands in its registry (mlflow/utils/validation.py and the columns of its tables). */
const LIMITS = { name: 256, description: 5_000, source: 500, run_link: 500, tagKey: 250, tagValue: 100_000, alias: 255 } as const;

export const checkDescription = (value: string): void => void checkLength(value, LIMITS.description, 'description');
export const checkSourceLength = (value: string): void => void checkLength(value, LIMITS.source, 'source');
export const checkRunLink = (value: string): void => void checkLength(value, LIMITS.run_link, 'run_link');

/** @param parameter as the call names it @throws MlflowFault for what can be no model's name */
export function checkModelName(name: string, parameter = 'name'): void {
  if (name.trim() === '') throw missingValue(parameter);
  if (/[/:]/.test(name)) throw invalidParameter(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  refuseOtherPath(name, 'name');
  checkLength(name, LIMITS.name, parameter);
}

/** @throws MlflowFault for what can be no tag's key, or is longer than one */
export function checkTag(key: string, value: string): void {
  checkTagKey(key);
  checkLength(value, LIMITS.tagValue, 'value');
}

export const checkTagKey = (key: string): void => void checkLength(checkKey(key, 'key'), LIMITS.tagKey, 'key');

/** @throws MlflowFault for what can be no alias */
export function checkAlias(alias: string): void {
  if (alias === '') throw invalidParameter('Registered model alias name cannot be empty.');
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias))
    throw invalidParameter(`Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`);
  checkLength(alias, LIMITS.alias, 'Registered model alias name');
}

/** @throws MlflowFault for an alias that stands for something already */
export function checkNewAlias(alias: string): void {
  checkAlias(alias);
  if (alias.toLowerCase() === 'latest') throw invalidParameter("'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias)) throw invalidParameter(`Version alias name '${alias}' is reserved.`);
}

/** @returns the number of a version as digits that fit Postgres' bigint @throws MlflowFault for what is no integer */
export function readVersionNumber(version: string): string {
  if (!/^\s*[+-]?\d+\s*$/.test(version)) throw invalidParameter(`Parameter 'version' must be an integer, got '${version}'.`);
  const number = BigInt(version.trim());
  return number < 1n || number > MOST_VERSIONS ? '0' : number.toString(); // there is no version 0
}
const MOST_VERSIONS = 2n ** 31n - 1n;

/** Tags as MLflow sends them; of those with one key the last counts. @throws MlflowFault as checkTag */
export function readTags(tags: Pairs): Record<string, string> {
  const read = new Map(tags.map(({ key, value }) => [key, value]));
  for (const [key, value] of read) checkTag(key, value);
  return Object.fromEntries(read);
}
