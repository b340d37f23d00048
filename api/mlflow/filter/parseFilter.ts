import type { Comparator, Condition, ConditionOn } from '../../../domain/registry/conditions.ts';
import { invalidParameter } from '../faults.ts';
import { inPython, textInPython, type Grammar } from './grammars.ts';
import { identifierAt, readIdentifier, requireKey, type Identifier } from './identifiers.ts';
import { tokensOf, type Token } from './tokens.ts';
import { listAt, readList, readNumber, readText, valueOfName, type Value } from './values.ts';

/** Each condition is a part of one SQL statement, whose plan grows with them. MLflow has no such limit. */
export const CONDITIONS_OF_FILTER = 100;
const RESERVED = new Set(['OR', 'NOT', 'IS', 'IN', 'NULL', 'LIKE', 'ILIKE', 'RLIKE', 'TRUE', 'FALSE']);

interface Clause {
  readonly identifier: Identifier;
  readonly comparator: string;
  /** Undefined for IS NULL and IS NOT NULL */
  readonly value: Value | undefined;
}

/**
 * The conditions of a filter, joined by AND: `metrics.loss < 0.5 AND tags.\`mlflow.user\` = 'ann'`.
 * @throws MlflowFault INVALID_PARAMETER_VALUE in MLflow's words
 */
export function parseFilter(grammar: Grammar, filter: string): Condition[] {
  if (filter === '') return [];
  const tokens = tokensOf(filter);
  if (tokens.length === 0) throw invalidParameter(`Invalid filter '${filter}'. Could not be parsed.`);
  const semicolon = tokens.findIndex(({ text }) => text === ';');
  if (semicolon !== -1 && semicolon < tokens.length - 1) throw invalidParameter(grammar.words.several(filter));
  const refuse: Refuse = (of) =>
    invalidParameter(
      grammar.words.clauses(
        of.map(({ text }) => text),
        filter,
      ),
    );
  return readClauses(tokens, refuse).map((clause) => readClause(clause, grammar));
}

type Refuse = (tokens: readonly Pick<Token, 'text'>[]) => Error;

function readClauses(tokens: readonly Token[], refuse: Refuse): Clause[] {
  const clauses: Clause[] = [];
  for (let at = 0; at < tokens.length;) {
    if (isWord(tokens[at], 'AND')) {
      at += 1;
      continue;
    }
    if (clauses.length === CONDITIONS_OF_FILTER)
      throw invalidParameter(`Invalid filter: it has more than ${CONDITIONS_OF_FILTER} comparisons`);
    const { clause, end } = clauseAt(tokens, at, refuse);
    clauses.push(clause);
    at = end;
  }
  return clauses;
}

function clauseAt(tokens: readonly Token[], start: number, refuse: Refuse): { clause: Clause; end: number } {
  const first = tokens[start]!;
  if (isReserved(first) && tokens[start + 1]?.text !== '.') throw refuse([first]);
  const identifier = identifierAt(tokens, start);
  if (!identifier && first.kind !== 'comparator' && tokens[start + 1]?.kind === 'comparator')
    throw invalidParameter(`Invalid comparison clause. Expected 'Identifier' found '${first.text}'`);
  const after = start + (identifier?.tokens.length ?? 0);
  if (identifier && identifierAt(tokens, after) && !isReserved(tokens[after]!)) throw refuse([identifier]);
  const compared = identifier && comparatorAt(tokens, after);
  if (!compared) throw refuse([...(identifier ? [identifier] : []), ...restOfClause(tokens, after)]);
  const { comparator, end } = compared;
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') return { clause: { identifier, comparator, value: undefined }, end };
  const found = valueAt(tokens, end);
  if (!found || (isOfList(comparator) && found.value.kind !== 'list'))
    throw refuse([identifier, { text: comparator }, ...restOfClause(tokens, end)]);
  return { clause: { identifier, comparator, value: found.value }, end: found.end };
}

function restOfClause(tokens: readonly Token[], start: number): readonly Token[] {
  const end = tokens.findIndex((token, at) => at >= start && isWord(token, 'AND'));
  return tokens.slice(start, end === -1 ? undefined : end);
}

const isWord = (token: Token | undefined, word: string) => token?.kind === 'word' && token.text.toUpperCase() === word;
const isReserved = ({ kind, text }: Token) => kind === 'word' && RESERVED.has(text.toUpperCase());

/** Words of a comparator, longest first. */
const COMPARATORS_OF_WORDS = ['IS NOT NULL', 'IS NULL', 'NOT IN', 'NOT LIKE', 'NOT ILIKE', 'NOT RLIKE', 'IN', 'LIKE', 'ILIKE', 'RLIKE'];

function comparatorAt(tokens: readonly Token[], start: number): { comparator: string; end: number } | undefined {
  if (tokens[start]?.kind === 'comparator') return { comparator: tokens[start].text, end: start + 1 };
  const comparator = COMPARATORS_OF_WORDS.find((words) => words.split(' ').every((word, at) => isWord(tokens[start + at], word)));
  return comparator === undefined ? undefined : { comparator, end: start + comparator.split(' ').length };
}

function valueAt(tokens: readonly Token[], start: number): { value: Value; end: number } | undefined {
  const first = tokens[start];
  if (first?.text === '(') return listAt(tokens, start);
  if (first?.kind === 'string' || first?.kind === 'number') return { value: { kind: 'one', token: first }, end: start + 1 };
  const name = first && !isWord(first, 'AND') ? identifierAt(tokens, start) : undefined;
  return name && { value: valueOfName(name), end: start + name.tokens.length };
}

function readClause({ identifier, comparator, value }: Clause, grammar: Grammar): Condition {
  const { on, key: sent } = readIdentifier(identifier, grammar);
  const attribute = on === 'attribute' ? requireKey(sent, grammar.attributes) : undefined;
  if (on === 'dataset') requireDatasetKey(sent, grammar);
  const key = attribute?.key ?? sent;
  const allowed = attribute?.comparators ?? grammar.comparators[on]!;
  if (value === undefined && !allowed.some((known) => known === comparator)) throw invalidParameter(grammar.words.isNull(on, sent));
  const read = value === undefined ? null : readValue(value, { on, key: sent, allowed, grammar });
  const known = allowed.find((one) => one === comparator);
  if (!known || Array.isArray(read) !== isOfList(known)) throw invalidParameter(grammar.words.comparator(on, sent, comparator, allowed));
  return { on, key, comparator: known, value: read };
}

const isOfList = (comparator: string) => comparator === 'IN' || comparator === 'NOT IN';

interface Compared {
  readonly on: ConditionOn;
  readonly key: string;
  readonly allowed: readonly Comparator[];
  readonly grammar: Grammar;
}

function readValue(value: Value, { on, key, allowed, grammar }: Compared): Condition['value'] {
  if (value.kind === 'list' && allowed.includes('IN')) return readList(value);
  if (value.kind === 'list' && on === 'attribute' && grammar.attributes.get(key)!.kind === 'text') throw onlyListed(grammar);
  if (on !== 'metric' && (on !== 'attribute' || grammar.attributes.get(key)!.kind === 'text')) return readText(value, on, grammar);
  if (grammar.quotedNumbers && value.kind === 'list') throw onlyListed(grammar);
  return grammar.quotedNumbers ? readWholeNumber(value, key, grammar) : readNumber(value, on, key);
}

/** Also within quotes. @throws MlflowFault for what is no whole number */
function readWholeNumber(value: Value, key: string, grammar: Grammar): number {
  const text = value.kind === 'one' && value.token.kind === 'number' ? value.token.text : readText(value, 'attribute', grammar);
  if (/^\s*[+-]?\d{1,15}\s*$/.test(text)) return Number(text);
  const isNumber = value.kind === 'one' && value.token.kind === 'number';
  throw invalidParameter(`Invalid value for numeric attribute '${key}': ${isNumber ? text : textInPython(text)}`);
}

function onlyListed({ attributes }: Grammar) {
  const listed = [...attributes].filter(([, { comparators }]) => comparators.includes('IN')).map(([key]) => key);
  return invalidParameter(`Only ${inPython(listed.toSorted(), '[]')} attributes support comparison with a list of quoted string values.`);
}

function requireDatasetKey(key: string, { datasetKeys }: Grammar): void {
  if (!datasetKeys.includes(key))
    throw invalidParameter(`Invalid dataset key '${key}' specified. Valid keys are '${inPython(datasetKeys, '{}')}'`);
}
