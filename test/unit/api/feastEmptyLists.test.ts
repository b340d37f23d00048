import { expect, test } from '@jest/globals';
import { createOnlineFeatures } from '../../../api/feast/onlineFeatures.ts';
import { DEFINITIONS, findView } from '../../../domain/features/definitions.ts';
import { encodeValues } from '../../../domain/features/online/encoding.ts';
import { readFeatures } from '../../../domain/features/online/readFeatures.ts';
import type { Pool } from '../../../platform/postgres.ts';
import type { OnlineStore } from '../../../domain/features/online/store.ts';

const { features } = findView(DEFINITIONS, 'movie_features');
const ROWS: Record<string, string> = {
  '1': encodeValues(features, { genre: '[]', genres: [], rating: 4 }),
  '2': encodeValues(features, { genre: 'Drama', genres: ['Drama'], rating: 3 }),
};
const store = {
  read: async (keys) =>
    keys.map(({ entityId }) => (ROWS[entityId] === undefined ? undefined : { eventMs: 0, createdMs: 0, text: ROWS[entityId] })),
} as Pick<OnlineStore, 'read'> as OnlineStore;

test("an empty list, which Feast's client cannot read, is null; what looks like one is not", async () => {
  const answer = createOnlineFeatures({ pool: {} as Pool, definitions: DEFINITIONS, store, read: readFeatures });
  const references = ['movie_features:genres', 'movie_features:genre', 'movie_features:rating'];
  const { results } = JSON.parse(await answer({ features: references, entities: { movie_id: [1, 2, 3] } })) as { results: object[] };
  expect(results.slice(1)).toMatchObject([
    { values: [null, ['Drama'], null], statuses: ['NULL_VALUE', 'PRESENT', 'NOT_FOUND'] },
    { values: ['[]', 'Drama', null], statuses: ['PRESENT', 'PRESENT', 'NOT_FOUND'] },
    { values: [4, 3, null], statuses: ['PRESENT', 'PRESENT', 'NOT_FOUND'] },
  ]);
});
