import type { IncomingMessage } from '../../platform/kafka/kafka.ts';

/** `theirs`: what it tells is told of the user; `mentioned`: it names the user among what may be of others, or in a shape that nobody knows. */
export type Naming = 'theirs' | 'mentioned';

/**
 * How a message names a user. By its key, or by the `user_id` that its JSON says, however the producer escapes it: whoever says `user_id` says whose it is. Of
 * any other JSON a whole string that is the id counts, of what is no JSON the id as a word.
 */
export function namingOf(userId: string): (message: Pick<IncomingMessage, 'key' | 'value'>) => Naming | undefined {
  const bytes = Buffer.from(userId);
  const written = Buffer.from(JSON.stringify(userId).slice(1, -1));
  const isWord = wordOf(userId);
  return ({ key, value }) => {
    const isKey = key?.equals(bytes) ?? false;
    if (!value || !(isKey || value.includes(bytes) || value.includes(written) || value.includes('\\u')))
      return isKey ? 'theirs' : undefined;
    const said = readJson(value);
    if (isKey && !isOfService(said, userId)) return 'theirs';
    if (said === undefined) return isWord(value.toString()) ? 'mentioned' : undefined;
    const users = [said, dataOf(said)].map(userOf).filter((user) => user !== undefined);
    if (users.length > 0) return users.includes(userId) ? 'theirs' : undefined;
    return mentions(said, userId, isWord) ? 'mentioned' : undefined;
  };
}

/** Messages of services and models have the name of one as their key, and a user may be called the same. */
const isOfService = (said: unknown, name: string): boolean => {
  const { service_name, model_name } = (said ?? {}) as { service_name?: unknown; model_name?: unknown };
  return service_name === name || model_name === name;
};

const dataOf = (said: unknown): unknown => (said as { data?: unknown } | null | undefined)?.data;

const userOf = (said: unknown): string | undefined => {
  const user = (said as { user_id?: unknown } | null | undefined)?.user_id;
  return typeof user === 'string' || typeof user === 'number' ? String(user) : undefined;
};

/** Names of fields that say who: there a number is an id too. */
const OF_USERS = /^users?([_-]?ids?)?$|^uid$/i;
/** Names of fields that say of something else what it is: an id there is not the user's. */
const OF_OTHERS = /^(movie|item|event|session|service|model|report)/i;
/** JSON that a producer wrote as a string. */
const JSON_IN_TEXT = /^\s*[[{]/;

/** Whether JSON names the user anywhere. Parts wait in a list: a stack has not the depth of what somebody may send. */
function mentions(said: unknown, userId: string, isWord: (text: string) => boolean): boolean {
  const open: { field: string; value: unknown }[] = [{ field: '', value: said }];
  for (let one = open.pop(); one; one = open.pop()) {
    const { field, value } = one;
    if (typeof value === 'number' && OF_USERS.test(field) && String(value) === userId) return true;
    if (typeof value === 'string' && !OF_OTHERS.test(field) && (value === userId || (JSON_IN_TEXT.test(value) && isWord(value))))
      return true;
    if (typeof value !== 'object' || value === null) continue;
    const user = userOf(value);
    if (user === userId) return true;
    if (user !== undefined) continue; // of somebody else, whatever it has in it
    for (const [name, part] of Object.entries(value)) open.push({ field: Array.isArray(value) ? field : name, value: part });
  }
  return false;
}

/** Whether a text has the id with no letter, digit or hyphen at either end: `17` is no part of `170`, of `17-a` nor of `3.17`. */
function wordOf(userId: string): (text: string) => boolean {
  const shapes = [userId, JSON.stringify(userId).slice(1, -1)].map((shape) => shape.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  const word = new RegExp(`(?<![\\p{L}\\p{N}_\\-]|\\d\\.)(${shapes.join('|')})(?![\\p{L}\\p{N}_\\-]|[.:][\\p{L}\\p{N}])`, 'u');
  return (text) => word.test(text) || (text.includes('\\u') && word.test(unescaped(text)));
}

const unescaped = (text: string) => text.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** @returns undefined of what is none */
export function readJson(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}
