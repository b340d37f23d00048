import type { ConditionOn } from '../../../domain/registry/conditions.ts';
import { invalidParameter } from '../faults.ts';
import { inPython, type Grammar } from './grammars.ts';
import type { Token } from './tokens.ts';

/** What a condition or an order is about, as it was written. */
export interface Identifier {
  readonly tokens: readonly Token[];
  /** As it was sent */
  readonly text: string;
}

/** The tokens of a name with its dots, from `start` on, such as metrics.`a b`; undefined where none begins there. */
export function identifierAt(tokens: readonly Token[], start: number): Identifier | undefined {
  if (!isName(tokens[start])) return undefined;
  let end = start + 1;
  while (tokens[end]?.text === '.' && isName(tokens[end + 1]) && isJoined(tokens, end) && isJoined(tokens, end + 1)) end += 2;
  const own = tokens.slice(start, end);
  return { tokens: own, text: own.map(({ text }) => text).join('') };
}

/** No space is before the token. */
const isJoined = (tokens: readonly Token[], at: number) => tokens[at - 1]!.at + tokens[at - 1]!.text.length === tokens[at]!.at;
const isName = (token: Token | undefined) => token?.kind === 'word' || token?.kind === 'backticked' || token?.kind === 'quoted';

/** Without the quotes or backticks that hold the whole of it. */
const unquote = (text: string): string => (text.length >= 2 && /^(["'`]).*\1$/s.test(text) ? text.slice(1, -1) : text);

interface Named {
  readonly on: ConditionOn;
  readonly key: string;
}

/** Entity and key; a name without a dot is an attribute. @throws MlflowFault for an entity that the grammar has not */
export function readIdentifier({ tokens, text }: Identifier, grammar: Grammar): Named {
  const [first] = tokens;
  if (tokens.length === 1) return { on: 'attribute', key: unquote(text) };
  const name = first!.kind === 'backticked' ? unquote(first!.text) : first!.text;
  const on = grammar.entities.get(name);
  if (!on) throw invalidParameter(grammar.words.entity(name));
  return { on, key: unquote(text.slice(first!.text.length + 1)) };
}

/** @throws MlflowFault for a key that is none of those */
export function requireKey<T>(key: string, known: ReadonlyMap<string, T>): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  throw invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are '${inPython(known.keys(), '{}')}'`);
}
