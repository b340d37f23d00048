import { describe, expect, test } from '@jest/globals';
import { REPLAY_OF } from '../../../contracts/deadLetters.ts';
import { systemHealthEventSchema, userEventSchema } from '../../../contracts/events.ts';
import { EVENT_TYPES, schemaUri } from '../../../contracts/eventTypes.ts';
import type { IncomingMessage } from '../../../platform/kafka/kafka.ts';
import { readEvent } from '../../../workers/ingest/readEvent.ts';

const WRITTEN_MS = Date.UTC(2026, 10, 28, 18, 24, 53);
const WRITTEN = '2026-11-28T18:24:53.000Z';
const PLACE = { topic: 'user-events', partition: 2 };

const message = (value: unknown, headers: Record<string, string> = {}, over: Partial<IncomingMessage> = {}): IncomingMessage => ({
  key: null,
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers: Object.entries(headers).map(([name, text]) => ({ name, value: Buffer.from(text) })),
  offset: '17',
  timestamp: String(WRITTEN_MS),
  ...over,
});
const read = (...args: Parameters<typeof message>) => userEventSchema.parse(readEvent(message(...args), PLACE));

/** As the guide's Python producer writes it. */
const OF_THE_GUIDE = {
  user_id: 'user_001',
  movie_id: 'movie_041',
  interaction_type: 'click',
  timestamp: '2026-11-28T20:24:52.123456',
  rating: null,
  session_id: 'session_1',
};

describe("the guide's own JSON, put straight on the topic,", () => {
  test('is read; its id derives from where it lies, and its local time is the time of the message', () => {
    const event = read(OF_THE_GUIDE);
    expect(event).toEqual({
      event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
      user_id: 'user_001',
      movie_id: '41',
      interaction_type: 'click',
      timestamp: WRITTEN,
      session_id: 'session_1',
    });
    expect(read(OF_THE_GUIDE).event_id).toBe(event.event_id);
    const elsewhere = [{ offset: '18' }, { timestamp: String(WRITTEN_MS + 1) }].map((over) => read(OF_THE_GUIDE, {}, over).event_id);
    expect(new Set([event.event_id, ...elsewhere]).size).toBe(3);
  });

  test.each([
    ['14 hours ahead', '2026-11-29T08:24:53', WRITTEN],
    ['15 hours behind', '2026-11-28T03:24:53.000001', WRITTEN],
    ['16 hours ahead: no zone is that far, it is UTC', '2026-11-29T10:24:53', '2026-11-29T10:24:53.000Z'],
    ['years ago', '2020-01-02T03:04:05', '2020-01-02T03:04:05.000Z'],
    ['one that names its zone', '2026-11-28T20:24:52+09:00', '2026-11-28T11:24:52.000Z'],
    ['UTC by name', '2026-11-28T18:00:00Z', '2026-11-28T18:00:00.000Z'],
  ])('a time %s', (_, timestamp, expected) => {
    expect(read({ ...OF_THE_GUIDE, timestamp }).timestamp).toBe(expected);
  });

  test('without any time has that of the message', () => {
    expect(read({ ...OF_THE_GUIDE, timestamp: undefined }).timestamp).toBe(WRITTEN);
  });

  test('sent again from a dead letter is the same event, of the same time', () => {
    const replay = message(
      OF_THE_GUIDE,
      { [REPLAY_OF]: `user-events/2/17/${WRITTEN_MS}` },
      { offset: '99', timestamp: String(Date.UTC(2027, 0)) },
    );
    expect(readEvent(replay, PLACE)).toEqual(readEvent(message(OF_THE_GUIDE), PLACE));
  });

  test('how a service does needs no more than three fields', () => {
    const health = { service_name: 'movie-api', cpu_usage: 95, memory_usage: 88.5, status: null, response_time_ms: null };
    expect(systemHealthEventSchema.parse(readEvent(message(health), PLACE))).toEqual({
      event_id: expect.any(String),
      service_name: 'movie-api',
      cpu_usage: 95,
      memory_usage: 88.5,
      timestamp: WRITTEN,
    });
  });
});

const OWN_ID = '6a1f7a52-7d0c-4f43-9a53-0ac4ab0a2c11';
const viewed = { user_id: 'anna', movie_id: 41, interaction_type: 'view' };

describe('a CloudEvent 1.0', () => {
  const attributes = {
    specversion: '1.0',
    id: 'A-17',
    source: '/shop',
    type: 'movie_mlops.user_interaction',
    time: '2026-11-28T10:00:00Z',
  };
  const binary = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]));
  const structured = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };

  test('says the same in both modes', () => {
    const event = read(viewed, { ...binary, 'content-type': 'application/json' });
    expect(event).toMatchObject({ user_id: 'anna', movie_id: '41', timestamp: '2026-11-28T10:00:00.000Z' });
    expect(read({ ...attributes, datacontenttype: 'application/json', data: viewed }, structured)).toEqual(event);
  });

  test('is told from others by its source and id, wherever it lies; a UUID stays as it is', () => {
    const idOf = (over: object, at: Partial<IncomingMessage> = {}) => read(viewed, { ...binary, ...over }, at).event_id;
    expect(idOf({}, { offset: '18' })).toBe(idOf({}));
    expect(new Set([idOf({}), idOf({ ce_source: '/other' }), idOf({ ce_id: 'A-18' })]).size).toBe(3);
    expect(idOf({ ce_id: OWN_ID })).toBe(OWN_ID);
  });

  test('what the event itself says goes before what stands around it', () => {
    const own = { ...viewed, event_id: OWN_ID, timestamp: '2026-01-02T00:00:00Z' };
    expect(read(own, binary)).toMatchObject({ event_id: OWN_ID, timestamp: '2026-01-02T00:00:00.000Z' });
  });

  test('without data is none', () => {
    expect(() => read(attributes, structured)).toThrow(/expected object/);
  });
});

describe('what is not read says why', () => {
  const TYPES = '"movie_mlops.user_interaction" and "movie_mlops.search" are';
  const future = 'version 2 of user_interaction is not read here, 1 is';
  test.each<[string, Parameters<typeof message>, string]>([
    ['a schema of the future, in binary mode', [viewed, { ce_dataschema: 'urn:movie-mlops:user_interaction:2' }], future],
    [
      'a schema of the future, in structured mode',
      [{ dataschema: 'urn:movie-mlops:user_interaction:2', data: viewed }, { 'content-type': 'application/cloudevents+json' }],
      future,
    ],
    ['a schema of the future, in plain JSON', [{ ...viewed, schema_version: 2 }], 'schema_version 2 is not read here, 1 is'],
    [
      'that beside a schema of somebody else',
      [{ ...viewed, schema_version: 2 }, { ce_dataschema: 'https://example.org/9' }],
      'schema_version 2',
    ],
    ['as text', [{ ...viewed, schema_version: '2' }], 'schema_version "2" is not read here, 1 is'],
    ['as text with a part behind the dot', [{ ...viewed, schema_version: '2.0' }], 'schema_version "2.0" is not read here, 1 is'],
    ['between the versions', [{ ...viewed, schema_version: 1.5 }], 'schema_version 1.5 is not read here, 1 is'],
    ['no version at all', [{ ...viewed, schema_version: { major: 2 } }], 'schema_version {"major":2} is not read here, 1 is'],
    ...(['2.0', '1.1', '1000000000', '9'.repeat(400), '0', 'next', ''] as const).map(
      (version): [string, Parameters<typeof message>, string] => [
        `schema version ${version.slice(0, 10)}`,
        [viewed, { ce_dataschema: `urn:movie-mlops:user_interaction:${version}` }],
        `version ${version} of user_interaction is not read here, 1 is`,
      ],
    ),
    ['a schema of ours in other letters', [viewed, { ce_dataschema: 'URN:Movie-MLOps:user_interaction:2' }], future],
    [
      'a schema of another topic',
      [viewed, { ce_dataschema: 'urn:movie-mlops:model_drift:1' }],
      'urn:movie-mlops:model_drift:1 is no schema of user-events',
    ],
    [
      'a schema that we have not yet',
      [viewed, { ce_dataschema: 'urn:movie-mlops:purchase:1' }],
      'urn:movie-mlops:purchase:1 is no schema of user-events',
    ],
    [
      'a type of somebody else',
      [viewed, { ce_type: 'com.example.deleted' }],
      `type "com.example.deleted" is not read from user-events, ${TYPES}`,
    ],
    [
      'a type of another topic',
      [viewed, { ce_type: 'movie_mlops.model_drift' }],
      `type "movie_mlops.model_drift" is not read from user-events, ${TYPES}`,
    ],
    [
      'a type of somebody else, in structured mode',
      [{ type: 'com.example.deleted', data: viewed }, { 'content-type': 'application/cloudevents+json' }],
      'type "com.example.deleted" is not read from user-events',
    ],
    ['CloudEvents of another version', [viewed, { ce_specversion: '2.0' }], 'CloudEvents "2.0" is not read here, "1.0" is'],
    ['a tombstone', [null], 'it has no value, as a tombstone'],
    ['a list', [[viewed]], 'expected object'],
    ['a search without its query', [{ ...viewed, interaction_type: 'search' }], 'query'],
    ['a type that nobody knows', [{ ...viewed, interaction_type: 'stare' }], "Expected 'view' | 'click'"],
  ])('%s', (_, args, words) => expect(() => read(...args)).toThrow(words));

  test.each([1, '1', '1.0', null])('schema_version %j is what is read', (schema_version) => {
    expect(read({ ...viewed, schema_version })).toMatchObject({ user_id: 'anna' });
  });

  test('of every type that is consumed, as our own producers write it, nothing stands against it', () => {
    const bodies = {
      user_interaction: viewed,
      search: { user_id: 'anna', interaction_type: 'search', query: 'alien' },
      model_drift: { model_name: 'ease', drift_score: 1, threshold: 0.5 },
      system_health: { service_name: 'movie-api', cpu_usage: 95, memory_usage: 88.5 },
    };
    for (const name of ['user_interaction', 'search', 'model_drift', 'system_health'] as const) {
      const body = bodies[name];
      const { topic, type } = EVENT_TYPES[name];
      const headers = {
        ce_specversion: '1.0',
        ce_id: OWN_ID,
        ce_source: '/movie-mlops/api',
        ce_type: type,
        ce_dataschema: schemaUri(name),
      };
      expect(readEvent(message(body, headers), { topic, partition: 0 })).toMatchObject({ ...body, event_id: OWN_ID });
    }
  });

  test('a schema that somebody else has is none of our business', () => {
    expect(read(viewed, { ce_dataschema: 'https://example.org/user_interaction/9' })).toMatchObject({ user_id: 'anna' });
  });
});

describe('types of what users do', () => {
  test('`rate` is `rating`, and a skip is a skip', () => {
    expect(read({ ...viewed, interaction_type: 'rate', rating: 4 })).toMatchObject({ interaction_type: 'rating', rating: 4 });
    expect(read({ ...viewed, interaction_type: 'skip' })).toMatchObject({ interaction_type: 'skip' });
  });

  test('a search has its query and no movie', () => {
    const { event_id, ...search } = read({ user_id: 'anna', interaction_type: 'search', query: '기생충 "2019"', movie_id: 41 });
    expect(event_id).toEqual(expect.any(String));
    expect(search).toEqual({ user_id: 'anna', interaction_type: 'search', query: '기생충 "2019"', timestamp: WRITTEN });
  });
});
