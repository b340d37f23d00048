import { describe, expect, test } from '@jest/globals';
import type { ApplicationFailure } from '@temporalio/common';
import type { Request, Response } from 'express';
import fc from 'fast-check';
import { pino } from 'pino';
import { clip, jsonBytes } from '../../../contracts/bounded.ts';
import { invalidFields, permanent } from '../../../contracts/failures.ts';
import type { ProblemBody } from '../../../contracts/problem.ts';
import { BODY_DEPTH, FAULTS, LEDGER, WORKFLOW_INPUT_BYTES } from '../../../contracts/sizes.ts';
import { collectionInputSchema } from '../../../contracts/collection.ts';
import { keptJson, keptText } from '../../../domain/runs/kept.ts';
import { refuseDeepJson } from '../../../platform/http/jsonDepth.ts';
import { answerProblems } from '../../../platform/http/problems.ts';
import { parse } from '../../../platform/http/validate.ts';
import { parseInput } from '../../../workflows/parseInput.ts';
import { deepList, deepObject, manyKeys } from '../../hostile/bodies.ts';

/** What a door of ours answers. */
function answerOf(error: unknown): ProblemBody {
  let body = '';
  const res = { locals: {}, status: () => res, type: () => res, send: (text: string) => (body = text) };
  answerProblems(pino({ level: 'silent' }))(error, { method: 'POST' } as Request, res as unknown as Response, () => undefined);
  return JSON.parse(body) as ProblemBody;
}

const thrown = (body: () => unknown): unknown => {
  try {
    return body();
  } catch (error) {
    return error;
  }
};

describe('clipped text', () => {
  test('is never longer than its bound, begins as it did, ends at no half of a pair, and says how much is left out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 60, max: 200 }), (text, most) => {
        const clipped = clip(text, most);
        expect(clipped.length).toBeLessThanOrEqual(most);
        expect(clipped).not.toMatch(/\p{Surrogate}$|\p{Surrogate} …/u);
        if (text.length <= most) return expect(clipped).toBe(text);
        const [, kept = '', left] = /^(.*) … \((\d+) characters left out\)$/su.exec(clipped) ?? [];
        expect(text.startsWith(kept)).toBe(true);
        expect(kept.length + Number(left)).toBe(text.length);
      }),
    );
  });
});

describe('depth', () => {
  test.each([deepList, deepObject])('is measured without recursion, at its very bound', (nested) => {
    expect(jsonBytes(JSON.parse(nested(BODY_DEPTH)))).toBe(nested(BODY_DEPTH).length);
    expect(jsonBytes(JSON.parse(nested(BODY_DEPTH + 1)))).toBe(Infinity);
    expect(jsonBytes(JSON.parse(nested(100_000)))).toBe(Infinity);
  });

  test.each([deepList, deepObject])('of JSON is found before it is parsed, at its very bound', (nested) => {
    const refuse = (text: string) => () => refuseDeepJson(Buffer.from(text));
    expect(refuse(nested(BODY_DEPTH))).not.toThrow();
    expect(refuse(nested(BODY_DEPTH + 1))).toThrow('nests deeper');
    const sideBySide = `[${Array.from({ length: 1_000 }, () => nested(BODY_DEPTH - 1)).join()}]`;
    expect(refuse(sideBySide)).not.toThrow();
    expect(refuse(JSON.stringify({ text: `"\\${'[{'.repeat(1_000)}` }))).not.toThrow();
    expect(refuse(nested(500_000))).toThrow('nests deeper');
  });
});

describe('words about a refusal never hold the whole input', () => {
  const unknownKeys = manyKeys(50_000);
  const hugeKey = { ['k'.repeat(900_000)]: 1 };
  test.each([
    ['50,000 unknown keys', unknownKeys],
    ['a key of 900 kB', hugeKey],
    ['a value of 900 kB', { source: 'x'.repeat(900_000) }],
  ])('%s: as a problem of HTTP and as a failure of a workflow', (_, input) => {
    const problem = answerOf(thrown(() => parse(collectionInputSchema, input, 'body')));
    expect(JSON.stringify(problem).length).toBeLessThan(FAULTS.textCharacters + 1_000);
    expect([problem.status, problem.errors?.length]).toEqual([422, 1]);

    const failure = thrown(() => parseInput(collectionInputSchema, input)) as ApplicationFailure;
    expect(failure).toMatchObject({ type: 'InvalidSpec', nonRetryable: true });
    expect(failure.message).toMatch(/^input: has \d+ bytes as JSON; at most 65536 are taken$/);
  });

  test('an input within the bound with many faults tells the first of them', () => {
    const failure = thrown(() => parseInput(collectionInputSchema, manyKeys(2_000))) as ApplicationFailure;
    expect(failure.message).toMatch(/^input: Unrecognized keys: "unknown_key_0", .* … \(\d+ characters left out\)$/);
    expect(failure.message.length).toBeLessThanOrEqual(FAULTS.textCharacters);
  });

  test('an input that nests too deep for JSON ends the run, not the workflow task', () => {
    const failure = thrown(() => parseInput(collectionInputSchema, { path: JSON.parse(deepList(100_000)) as unknown }));
    expect(failure).toMatchObject({ type: 'InvalidSpec', message: `input: nests deeper than ${BODY_DEPTH}` });
  });

  test('one of just the bound is taken', () => {
    const around = JSON.stringify({ path: '' }).length;
    const input = { path: 'x'.repeat(WORKFLOW_INPUT_BYTES - around) };
    expect(thrown(() => parseInput(collectionInputSchema, input))).toMatchObject({ message: expect.stringContaining('path: Too big') });
  });

  test('a failure and a problem of any words', () => {
    const words = 'w'.repeat(1_000_000);
    expect(permanent('InvalidSpec', words).message.length).toBeLessThanOrEqual(FAULTS.textCharacters);
    const body = answerOf(invalidFields(Array.from({ length: 100_000 }, () => ({ field: words, message: words }))));
    expect(body.detail.length).toBeLessThanOrEqual(FAULTS.textCharacters);
    expect(body.errors).toHaveLength(FAULTS.most);
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
  });
});

describe('what the ledger keeps', () => {
  test('of text: its bound, and no character that Postgres refuses', () => {
    expect(keptText('x'.repeat(1_000_000)).length).toBeLessThanOrEqual(LEDGER.textCharacters);
    expect(keptText('a\0b\ud800c😀')).toBe('a\ufffdb\ufffdc😀');
    expect([keptText(null), keptText(undefined)]).toEqual([null, null]);
  });
  test('of a value: all of it, or a word on why it is not there', () => {
    expect(keptJson(undefined, 'result', 10)).toBe('null');
    expect(keptJson({ rows: 3 }, 'result', 10)).toBe('{"rows":3}');
    expect(keptJson({ rows: 33 }, 'result', 10)).toBe('{"omitted":"the result has 11 bytes as JSON; at most 10 are kept"}');
    expect(keptJson(JSON.parse(deepList(100_000)), 'input', 1e6)).toBe('{"omitted":"the input nests deeper than 32"}');
  });
  test('of a value: no escape that jsonb refuses, and each that is only spelled like one', () => {
    const value = { 'k\0': ['\0', '\ud800', '\\u0000', '\\\\u0000', '\\\0', '😀'] };
    expect(JSON.parse(keptJson(value, 'result', 1_000))).toEqual({
      'k\ufffd': ['\ufffd', '\ufffd', '\\u0000', '\\\\u0000', '\\\ufffd', '😀'],
    });
  });
});
