import type { Order } from '../../../domain/registry/conditions.ts';
import { invalidParameter } from '../faults.ts';
import { inPython, type Grammar } from './grammars.ts';
import { identifierAt, readIdentifier, requireKey } from './identifiers.ts';
import { tokensOf } from './tokens.ts';

/** Each is a part of one SQL statement. MLflow has no such limit. */
const KEYS_OF_ORDER = 20;

/**
 * The keys of an `order_by`, such as `metrics.loss DESC`; ascending where nothing is said.
 * @throws MlflowFault INVALID_PARAMETER_VALUE in MLflow's words, also for one key twice
 */
export function parseOrder(grammar: Grammar, clauses: readonly string[]): Order[] {
  checkOrderLength(clauses);
  const orders = clauses.map((clause) => readOrder(grammar, clause));
  const keys = new Set(orders.map(({ on, key }) => `${on}.${key}`));
  if (keys.size < orders.length) throw invalidParameter(`\`order_by\` contains duplicate fields: ${inPython(clauses, '[]')}`);
  return orders;
}

/** @throws MlflowFault for more keys than one statement takes */
export function checkOrderLength(keys: readonly unknown[]): void {
  if (keys.length > KEYS_OF_ORDER) throw invalidParameter(`\`order_by\` has more than ${KEYS_OF_ORDER} fields`);
}

function readOrder(grammar: Grammar, clause: string): Order {
  const tokens = tokensOf(clause);
  const identifier = identifierAt(tokens, 0);
  const [direction, ...more] = identifier ? tokens.slice(identifier.tokens.length) : [];
  if (!identifier || DIRECTIONS.has(clause.trim().toLowerCase()) || more.length > 0 || (direction && direction.kind !== 'word'))
    throw invalidParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  const word = direction?.text.toLowerCase() ?? 'asc';
  if (!DIRECTIONS.has(word)) throw invalidParameter(`Invalid ordering key in order_by clause '${clause}'.`);
  const { orderKey } = grammar.words;
  if (orderKey && !grammar.order.attributes.has(identifier.text)) throw invalidParameter(orderKey(identifier.text));
  return { ...orderKeyOf(grammar, readIdentifier(identifier, grammar)), ascending: word === 'asc' };
}

const DIRECTIONS = new Set(['asc', 'desc']);

/** @throws MlflowFault for what the grammar does not order by */
export function orderKeyOf(grammar: Grammar, { on, key }: Omit<Order, 'ascending'>): Omit<Order, 'ascending'> {
  if (on === 'attribute') return { on, key: requireKey(key, grammar.order.attributes) };
  if (!grammar.order.entities.includes(on)) throw invalidParameter(`Invalid order_by entity: ${on}`);
  return { on, key };
}
