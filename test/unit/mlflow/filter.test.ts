import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { MlflowFault } from '../../../api/mlflow/faults.ts';
import { EXPERIMENTS, LOGGED_MODELS, MODEL_VERSIONS, REGISTERED_MODELS, RUNS } from '../../../api/mlflow/filter/grammars.ts';
import { CONDITIONS_OF_FILTER, parseFilter } from '../../../api/mlflow/filter/parseFilter.ts';
import { parseOrder } from '../../../api/mlflow/filter/parseOrder.ts';
import type { Condition, Order } from '../../../domain/registry/conditions.ts';
import { busyBound } from '../../support/busyBound.ts';

const GRAMMARS = { runs: RUNS, experiments: EXPERIMENTS, models: REGISTERED_MODELS, versions: MODEL_VERSIONS, logged: LOGGED_MODELS };
type Subject = keyof typeof GRAMMARS;

/** What the parsers of MLflow 3.17.2 answered; the items of a set, which Python prints in any order, are sorted. */
interface Recorded {
  readonly filters: readonly ({ subject: Subject; filter: string } & ({ conditions: Condition[] } | { error: string }))[];
  readonly orders: readonly ({ subject: Subject; orderBy: string } & ({ order: Order } | { error: string }))[];
}
const recorded = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8')) as Recorded;

const sortSets = (message: string) =>
  message.replaceAll(/\{([^{}]*)\}/g, (_all, items: string) => `{${items.split(', ').toSorted().join(', ')}}`);

function outcomeOf<T>(parse: () => T): T | { error: string } {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof MlflowFault)) throw error;
    expect(error.code).toBe('INVALID_PARAMETER_VALUE');
    return { error: sortSets(error.message) };
  }
}

describe("a search's filter", () => {
  test.each(recorded.filters)('of $subject is read as MLflow reads it: $filter', ({ subject, filter, ...expected }) => {
    expect(outcomeOf(() => ({ conditions: parseFilter(GRAMMARS[subject], filter) }))).toEqual(expected);
  });
  test.each(recorded.orders)("order of $subject is read as MLflow reads it: '$orderBy'", ({ subject, orderBy, ...expected }) => {
    expect(outcomeOf(() => ({ order: parseOrder(GRAMMARS[subject], [orderBy])[0] }))).toEqual(expected);
  });

  test.each([
    // Where MLflow fails on its own, or reads something else than what was sent, the answer is one that says what is wrong.
    ['runs', 'metrics.x > +5'],
    ['runs', 'metrics.x = nan'],
    ['runs', 'run_id IN (a)'],
    ['runs', "run_id = ('a')"],
    ['runs', "run_id IN ('a' 'b')"],
    ['runs', "run_id IN ('a'"],
    ['runs', '(metrics.x > 1)'],
    ['runs', "metrics.x > 'a"],
    ['runs', 'tags.x = "a'],
    ['runs', "tags.x = 'a' -- c"],
    ['runs', "tags.x = 'a' /* c */"],
    ['runs', 'metrics.foo-bar > 1'],
    ['runs', "tags.x = 'a', tags.y = 'b'"],
    ['runs', 'metrics . x > 1'],
    ['runs', "__proto__ = 'x'"],
    ['runs', "__proto__.x = 'x'"],
    ['runs', "constructor.x = 'x'"],
    ['runs', "attributes.constructor = 'x'"],
    ['models', 'tags.x IS NULL'],
    ['versions', 'version = 1'],
    ['logged', 'name = x'],
    ['logged', 'tags.x = 5'],
    ['logged', "foo = 'x'"],
    ['logged', "creation_time > 'x'"],
  ] as const)('of %s that is none is refused in words: %s', (subject, filter) => {
    expect(() => parseFilter(GRAMMARS[subject], filter)).toThrow(MlflowFault);
  });

  test('holds at most so many conditions', () => {
    const of = (conditions: number) => Array.from({ length: conditions }, () => 'metrics.x > 1').join(' AND ');
    expect(parseFilter(RUNS, of(CONDITIONS_OF_FILTER))).toHaveLength(CONDITIONS_OF_FILTER);
    expect(() => parseFilter(RUNS, of(CONDITIONS_OF_FILTER + 1))).toThrow('more than 100 comparisons');
  });

  const KEY = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((key) => !/[`"']/.test(key));
  const TEXT = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !/['\\]/.test(text));
  const NUMBER = fc.double({ noDefaultInfinity: true, noNaN: true });
  const CONDITION = fc.oneof(
    fc.record({
      on: fc.constant('metric' as const),
      key: KEY,
      comparator: fc.constantFrom('=' as const, '!=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
      value: NUMBER.map((value) => Number(value.toString())),
    }),
    fc.record({
      on: fc.constantFrom('parameter' as const, 'tag' as const),
      key: KEY,
      comparator: fc.constantFrom('=' as const, '!=' as const, 'LIKE' as const, 'ILIKE' as const),
      value: TEXT,
    }),
    fc.record({
      on: fc.constantFrom('parameter' as const, 'tag' as const),
      key: KEY,
      comparator: fc.constantFrom('IS NULL' as const, 'IS NOT NULL' as const),
      value: fc.constant(null),
    }),
    fc.record({
      on: fc.constant('attribute' as const),
      key: fc.constant('run_id'),
      comparator: fc.constantFrom('IN' as const, 'NOT IN' as const),
      value: fc.array(TEXT, { minLength: 1, maxLength: 5 }),
    }),
  );
  const written = (value: Condition['value']): string => {
    if (value === null) return '';
    if (typeof value === 'number') return value.toString();
    return typeof value === 'string' ? `'${value}'` : `(${value.map((text) => `'${text}'`).join(', ')})`;
  };

  test('comes back from what was written, whatever keys and values are in it', () => {
    fc.assert(
      fc.property(fc.array(CONDITION, { minLength: 1, maxLength: 6 }), fc.constantFrom(' AND ', ' and ', '\n AND\t'), (conditions, and) => {
        const filter = conditions.map(({ on, key, comparator, value }) => `${on}.\`${key}\` ${comparator} ${written(value)}`).join(and);
        expect(parseFilter(RUNS, filter)).toEqual(conditions);
      }),
    );
  });

  test('of any text is read or refused in words, and so is any order', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom("'", '"', '`', '.', '(', ')', ',', ';', 'AND', 'IN', 'IS', 'NOT', 'NULL', '=', '5', ' '),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(GRAMMARS)),
        fc.array(piece).map((pieces) => pieces.join('')),
        (grammar, text) => {
          outcomeOf(() => parseFilter(grammar, text));
          outcomeOf(() => parseOrder(grammar, [text]));
        },
      ),
    );
  });

  test.each(["'", "''", '`', '"', "\\'", '(', '. ', 'a ', "a = 'b' AND ", 'NOT ', '1', '-', '<', '😀', "tags.x = '"])(
    'of 1 MB of %s is read or refused in a moment',
    (piece) => {
      const filter = piece.repeat(Math.ceil((1024 * 1024) / piece.length));
      const started = performance.now();
      outcomeOf(() => parseFilter(RUNS, filter));
      outcomeOf(() => parseFilter(RUNS, `tags.x = ${filter}`));
      outcomeOf(() => parseFilter(RUNS, `run_id IN (${filter})`));
      outcomeOf(() => parseOrder(RUNS, [filter]));
      expect(performance.now() - started).toBeLessThan(busyBound(5_000));
    },
  );

  test('orders by at most so many keys, each once', () => {
    const of = (keys: number) => Array.from({ length: keys }, (_, nth) => `metrics.m${nth} DESC`);
    expect(parseOrder(RUNS, of(20))).toHaveLength(20);
    expect(() => parseOrder(RUNS, of(21))).toThrow('more than 20 fields');
    expect(() => parseOrder(RUNS, ['start_time', 'Created DESC'])).toThrow('`order_by` contains duplicate fields');
  });
});
