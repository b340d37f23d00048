import type { Condition, ConditionOn } from '../../../domain/registry/conditions.ts';
import { invalidParameter } from '../faults.ts';
import type { Grammar } from './grammars.ts';
import type { Identifier } from './identifiers.ts';
import type { Token } from './tokens.ts';

/** What stands behind a comparator: one token, a name that should have had quotes, or a list in parentheses. */
export type Value =
  | { readonly kind: 'one'; readonly token: Token }
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Token[]; readonly closed: boolean; readonly text: string };

/** The list whose parenthesis opens at `start`. */
export function listAt(tokens: readonly Token[], start: number): { value: Value; end: number } {
  let end = start + 1;
  while (end < tokens.length && tokens[end]!.text !== ')') end += 1;
  const items = tokens.slice(start + 1, end);
  const closed = end < tokens.length;
  const text = `(${items.map((item, nth) => (nth > 0 && item.text !== ',' ? ` ${item.text}` : item.text)).join('')}${closed ? ')' : ''}`;
  return { value: { kind: 'list', items, closed, text }, end: closed ? end + 1 : end };
}

export const valueOfName = ({ tokens, text }: Identifier): Value =>
  tokens.length === 1 && tokens[0]!.kind === 'quoted' ? { kind: 'one', token: tokens[0]! } : { kind: 'name', text };

const textOf = (value: Value): string => (value.kind === 'one' ? value.token.text : value.text);

/** @throws MlflowFault for what is no number */
export function readNumber(value: Value, on: ConditionOn, key: string): number {
  if (value.kind === 'one' && value.token.kind === 'number') return Number(value.token.text);
  const what = on === 'metric' ? 'metric' : `numeric attribute: ${key}`;
  throw invalidParameter(`Expected numeric value type for ${what}. Found ${textOf(value)}`);
}

/** Quotes within are kept as they were sent, as MLflow does. @throws MlflowFault for what is no text in quotes */
export function readText(value: Value, on: ConditionOn, { words }: Grammar): string {
  if (value.kind === 'name')
    throw invalidParameter(
      'Parameter value is either not quoted or unidentified quote types used for string value ' +
        `${value.text}. Use either single or double quotes.`,
    );
  if (value.kind === 'one' && value.token.kind !== 'number') return value.token.text.slice(1, -1);
  throw invalidParameter(
    on === 'attribute'
      ? words.noText(textOf(value), value.kind === 'one')
      : `Expected a quoted string value for ${on} (e.g. 'my-value'). Got value ${textOf(value)}`,
  );
}

/** Texts between commas; a comma may end them. They are read as Python reads them: a backslash goes before what it keeps. @throws MlflowFault */
export function readList(value: Value): Condition['value'] & readonly string[] {
  if (value.kind !== 'list' || !value.closed) throw illFormed();
  if (value.items.length === 0)
    throw invalidParameter('While parsing a list in the query, expected a non-empty list of string values, but got empty list');
  const texts: string[] = [];
  for (const [at, { kind, text }] of value.items.entries()) {
    if (at % 2 === 1 && text !== ',') throw illFormed();
    if (at % 2 === 1) continue;
    if (kind === 'number' || kind === 'word')
      throw invalidParameter(
        'While parsing a list in the query, expected string value, punctuation, or whitespace, ' +
          `but got different type in list: ${value.items.length === 1 ? `(${text},)` : value.text}`,
      );
    if (kind !== 'string' && kind !== 'quoted') throw illFormed();
    texts.push(readPythonText(text));
  }
  return texts;
}

/** Two texts that touch are one. */
const readPythonText = (text: string) => text.slice(1, -1).replaceAll(/\\(.)|''|""/gs, (_all, kept?: string) => kept ?? '');

const illFormed = () =>
  invalidParameter('While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.');
