import { describe, expect, test } from '@jest/globals';
import { namesIn } from '../../../domain/erasure/histories.ts';
import { rowsOf } from '../../../domain/erasure/importFiles.ts';
import { FORGOTTEN, namedInWords } from '../../../domain/erasure/tables.ts';
import { namingOf } from '../../../domain/erasure/namesUser.ts';
import { withoutUsers } from '../../../platform/http/requestId.ts';

const ODD = `shop:customer "12" (a|b)\\+ ünd 漢`;

describe('words about a user', () => {
  const forget = (userId: string, text: string) => text.replace(new RegExp(namedInWords(userId), 'g'), FORGOTTEN);

  test.each([
    ['17', 'user 17 rated movie 4', `${FORGOTTEN} rated movie 4`],
    ['17', 'the rows of user "17" do not stand together', `the rows of ${FORGOTTEN} do not stand together`],
    ['17', 'user 170 and user 17-a and ml-1m:17 and movie 17', 'user 170 and user 17-a and ml-1m:17 and movie 17'],
    [ODD, `ease has not learnt from user ${ODD}`, `ease has not learnt from ${FORGOTTEN}`],
    [ODD, `row 3 (user_id ${JSON.stringify(ODD)}, movie_id "1")`, `row 3 (${FORGOTTEN}, movie_id "1")`],
  ])('of %j are taken out of %j', (userId, text, left) => {
    expect(forget(userId, text)).toBe(left);
  });

  test('are found in a history, as are bounds of shards, and nothing else that looks like the id', () => {
    const isNamed = namesIn('17');
    expect(['{"after":"17","upTo":"20"}', '{"after":"","upTo":"17"}', 'LeakingSplit: user 17, movie 4'].map(isNamed)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['{"version":"17"}', '{"after":"170","upTo":"18"}', 'user 171'].map(isNamed)).toEqual([false, false, false]);
    expect(namesIn(ODD)(JSON.stringify({ after: ODD, upTo: 'z' }))).toBe(true);
  });
});

describe('a message', () => {
  const message = (value: string | null, key: string | null = null) => ({
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  });

  test('is of a user by its key, by its JSON however it is written, and by what a CloudEvent holds', () => {
    const howNamed = namingOf('anné');
    for (const one of [
      message('not json', 'anné'),
      message(null, 'anné'),
      message('{"user_id": "anné"}'),
      message('{"user_id": "ann\\u00e9"}'),
      message('{"specversion": "1.0", "data": {"user_id": "anné"}}'),
    ])
      expect(howNamed(one)).toBe('theirs');
    expect(namingOf('17')(message('{"user_id": 17}'))).toBe('theirs');
  });

  test.each([
    ['17', '{"events": [{"user_id": "3"}, {"user_id": "17", "movie_id": 4}]}'],
    ['17', '{"userId": 17, "movieId": 4}'],
    ['17', '{"users": [3, 17]}'],
    ['17', '[["17"]]'],
    ['17', JSON.stringify(JSON.stringify({ user_id: '17' }))],
    ['17', '{"user_id": "17", "movie_id":'],
    ['17', '17,4,5,978300760'],
    ['17', 'user 17.'],
    ['anné', '{"user_id": "ann\\u00e9", '],
    [ODD, `{"who": ${JSON.stringify(ODD)}}`],
    [ODD, `{"user_id": ${JSON.stringify(ODD)}, `],
    ['17', `${'['.repeat(200_000)}"17"${']'.repeat(200_000)}`],
    ['17', `[${'0,'.repeat(200_000)}"17"]`],
  ])('of another shape mentions %j in %j', (userId, value) => {
    expect(namingOf(userId)(message(value))).toBe('mentioned');
  });

  test.each([
    ['{"user_id": "170"}'],
    ['{"movie_id": 17, "user_id": 3}'],
    ['{"events": [{"user_id": "3", "movie_id": "17", "note": "17"}]}'],
    ['{"service_name": "web", "cpu_usage": 17, "memory_usage": 1.17}'],
    ['{"userId": "3", "movieId": "17"}'],
    ['{"user": {"toString": 17}}'],
    ['170,4 3.17 17-a a17 a_17'],
    ['17'],
    ['null'],
  ])('of another, or that has the id as something else, does not name 17: %j', (value) => {
    expect(namingOf('17')(message(value, '3'))).toBeUndefined();
  });

  test('of a service is not of a user who is called the same', () => {
    expect(namingOf('web')(message('{"service_name": "web", "cpu_usage": 1}', 'web'))).toBeUndefined();
    expect(namingOf('web')(message('{"service_name": "web", "user_id": "web"}', 'web'))).toBe('theirs');
  });
});

describe('a row that an import set aside', () => {
  test.each([
    ['17', undefined, '17,1193,5,978300760'],
    ['17', 'movielens', '"17"::1193::5'],
    ['17', 'movielens', '{"user_id": "17", "movie_id": 4}'],
    ['ml-1m:17', 'ml-1m', '17::1193::5::978300760'],
    ['ml-1m:17', 'ml-1m', '{"user_id": "ml-1m:17"}'],
    ['shop:customer 12', 'shop', '{"who":"customer 12","item":"b"}'],
    ['shop:the "q" one', 'shop', '{"who":"the \\"q\\" one","item":"b"}'],
  ])('of %j in %j: %j', (userId, set, raw) => {
    expect(rowsOf(userId, set)(raw)).toBe(true);
  });

  test.each([
    ['17', 'movielens', '3,17,5,978300760'],
    ['17', 'movielens', '170,1193,5'],
    ['ml-1m:17', 'ml-25m', '17::1193::5'],
    ['shop:customer 12', 'shop', '{"who":"customer 120"}'],
  ])('not of %j in %j: %j', (userId, set, raw) => {
    expect(rowsOf(userId, set)(raw)).toBe(false);
  });
});

test.each([
  ['/api/v1/users/17/erasure', '/api/v1/users/…/erasure'],
  ['/api/v1/users/shop%3Acustomer%2012?x=1', '/api/v1/users/…?x=1'],
  ['/api/v1/recommendations?k=5&user_id=17', '/api/v1/recommendations?k=5&user_id=…'],
  [
    '/api/v1/events/topics/user-events/messages?from=latest&filter=user_id%3D17&limit=3',
    '/api/v1/events/topics/user-events/messages?from=latest&filter=…&limit=3',
  ],
  ['/api/2.0/mlflow/runs/search?filter=a', '/api/2.0/mlflow/runs/search?filter=a'],
])('the log has the address %s as %s', (address, logged) => {
  expect(withoutUsers(address)).toBe(logged);
});
