import { expect, test } from '@jest/globals';
import { lineageOf, relatedTo } from '../../../console/pages/features/lineageShape.ts';
import { DEFINITIONS } from '../../../domain/features/definitions.ts';
import { describeDefinitions } from '../../../domain/features/registry/describe.ts';

const described = describeDefinitions(DEFINITIONS);
const lineage = lineageOf(described, ['movie_predictor', 'neural_cf', 'neural_cf_rating', 'ease']);

test('what is made of what stands from left to right, and each thing once', () => {
  const names = lineage.columns.map((column) => column.map(({ name }) => name));
  expect(lineage.columns.map(([first]) => first!.station)).toEqual(['source', 'view', 'derived', 'service', 'model']);
  expect(names[0]).toEqual(['movielens', 'platform']);
  expect([...names[1]!].sort()).toEqual(DEFINITIONS.views.map(({ name }) => name).sort());
  expect(names[2]).toEqual(['genre_match']);
  expect([...names[4]!].sort()).toEqual(['movie_predictor', 'neural_cf', 'neural_cf_rating']); // ease reads no features
  const places = new Map(lineage.columns.flatMap((column, x) => column.map(({ id }) => [id, x] as const)));
  expect(lineage.edges.filter(([from, to]) => places.get(from)! >= places.get(to)!)).toEqual([]);
  expect(new Set(lineage.edges.map(String)).size).toBe(lineage.edges.length);
});

test('what belongs to a thing is what it is made of and what is made of it, on every way', () => {
  expect([...relatedTo('service:movie_predictor', lineage.edges)].sort()).toEqual(
    [
      'derived:genre_match',
      'model:movie_predictor',
      'service:movie_predictor',
      'source:movielens',
      'source:platform',
      'view:movie_features',
      'view:user_features',
    ].sort(),
  );
  expect(relatedTo('model:neural_cf', lineage.edges).has('view:movie_features')).toBe(false);
});

test('where nothing is defined there is nothing to draw', () => {
  expect(lineageOf({ views: [], services: [] }, ['ease']).columns).toEqual([]);
});
