import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { driftAlertBodySchema, userIdSchema, userInteractionBodySchema } from '../../../contracts/events.ts';
import { findUnkeepable, toStorable } from '../../../contracts/text.ts';
import { toEntityId } from '../../../domain/features/online/incomingRows.ts';
import { parse } from '../../../platform/http/validate.ts';
import { storableJson } from '../../../platform/postgres.ts';
import type { DeadLetters, SetAside } from '../../../workers/ingest/deadLetters.ts';
import { createIntake } from '../../../workers/ingest/intake.ts';
import { CONTROLS, HOSTILE_TEXTS, REFUSED } from '../../hostile/texts.ts';

const event = (over: object) => ({ user_id: 'anna', movie_id: 41, interaction_type: 'view', ...over });
const unplain = { ...CONTROLS, ...REFUSED };

describe('a user id', () => {
  test.each(Object.entries(HOSTILE_TEXTS))('may be %s, and stays what it is', (_, text) => {
    expect(parse(userInteractionBodySchema, event({ user_id: text, session_id: text }), 'body')).toMatchObject({
      user_id: text,
      session_id: text,
    });
    expect(toEntityId(text, 'user_id')).toBe(text);
  });

  test.each(Object.entries(unplain))('may not hold %s; the refusal names the field', (_, text) => {
    expect(() => parse(userInteractionBodySchema, event({ user_id: text }), 'body')).toThrow(/^body\.user_id/);
    expect(() => parse(userInteractionBodySchema, event({ session_id: text }), 'body')).toThrow(/^body\.session_id/);
    expect(() => toEntityId(text, 'user_id[0]')).toThrow(/^rows: user_id\[0\]/);
  });

  test('that one door takes every door takes', () => {
    const takes = (text: string) => userIdSchema.safeParse(text).success;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 210 }), (text) => {
        let taken = true;
        try {
          toEntityId(text, '');
        } catch {
          taken = false;
        }
        expect(taken).toBe(takes(text));
      }),
      { numRuns: 500 },
    );
  });
});

const alert = '"model_name":"ease","drift_score":1,"threshold":0.5';
const PROTO = `{${alert},"metrics":{"__proto__":1}}`;

describe('a field named __proto__, which objects drop without a word,', () => {
  test('is refused by name', () => {
    expect(() => parse(driftAlertBodySchema, JSON.parse(PROTO), 'body')).toThrow(
      'body.metrics: has a field named __proto__, which cannot be kept',
    );
    expect(parse(driftAlertBodySchema, JSON.parse(`{${alert},"metrics":{"constructor":1,"":2}}`), 'body').metrics).toEqual({
      constructor: 1,
      '': 2,
    });
  });
});

test.each([
  ['U+0000', '{"user_id":"a\\u0000b"}', 'value.user_id holds a character that cannot be kept'],
  ['half of a surrogate pair', '{"user_id":"a","session_id":"\\ud83d"}', 'value.session_id holds a character that cannot be kept'],
  ['__proto__', '{"__proto__":{"user_id":"a"}}', 'value has a field named __proto__'],
])('a message of Kafka with %s is a dead letter that says where', async (_, text, words) => {
  const sent: SetAside[] = [];
  const deadLetters: DeadLetters = { send: async (_batch, messages) => void sent.push(...messages) };
  const take = createIntake({ schema: userInteractionBodySchema, record: async () => undefined, deadLetters });
  const message = { key: null, value: Buffer.from(text), headers: [], offset: '0', timestamp: '0' };
  await take({ topic: 'user-events', partition: 0, messages: [message], undecodable: [] });
  expect(sent.map(({ reason }) => reason.message)).toEqual([expect.stringContaining(words)]);
});

test('a body nested deeper than the stack is looked through', () => {
  let deep: unknown = 'a\0b';
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(findUnkeepable(deep, 'body')?.at).toMatch(/^body\.0\.0/);
});

test('words about what came from outside can be stored, whatever they quote', () => {
  for (const text of Object.values(REFUSED)) {
    expect(findUnkeepable({ a: [text] }, '')).not.toBeNull();
    expect(findUnkeepable(JSON.parse(storableJson({ a: [text] })), '')).toBeNull();
    expect(toStorable(text)).toContain('\ufffd');
  }
  for (const text of Object.values(HOSTILE_TEXTS)) expect(toStorable(text)).toBe(text);
});
