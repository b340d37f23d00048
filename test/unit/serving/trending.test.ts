import { expect, test } from '@jest/globals';
import { SHARED_ALONE } from '../../../domain/catalogue/ownCatalogues.ts';
import type { LoadedModel } from '../../../domain/serving/modelShelf.ts';
import { createTrendingModels, type TrendingParts } from '../../../domain/serving/trending.ts';
import type { Trend } from '../../../domain/trends/trends.ts';
import { createTinyModel } from '../../support/tinyModel.ts';

const popular = (...movies: string[]): LoadedModel => ({
  ...{ name: 'popularity', version: '1', model: createTinyModel('popularity', { movies }), catalogues: SHARED_ALONE },
});
const trend = (movieId: string, users: number): Trend => ({ movieId, users });
const trending = (over: Partial<TrendingParts>) =>
  createTrendingModels({ listTrends: async () => [], readCatalogues: async () => SHARED_ALONE, findPopular: () => undefined, ...over });
const best = (loaded: LoadedModel | undefined, k = 10) => loaded?.model.recommend({ userId: null, k }).map(({ movieId }) => movieId);

test('what trends comes first, and behind it, and among movies of as many users, what is popular', async () => {
  const models = trending({
    listTrends: async () => [trend('3', 2), trend('9', 2), trend('4', 5)],
    findPopular: () => popular('1', '2', '3', '4'),
  });
  await models.refresh(['trending@hour', 'popularity@champion']);
  expect(best(models.find('trending@hour'))).toEqual(['4', '3', '9', '1', '2']);
  expect(models.find('trending@hour')).toMatchObject({ name: 'trending', version: 'hour' });
  expect(models.answering()).toEqual(['trending@hour']);
  expect([models.find('trending@day'), models.find('popularity@champion')]).toEqual([undefined, undefined]);
});

test('it answers without any popularity, too, and not where nobody chose anything', async () => {
  let now = [trend('3', 2)];
  const models = trending({ listTrends: async () => now });
  await models.refresh(['trending@day']);
  expect(best(models.find('trending@day'))).toEqual(['3']);
  now = [];
  await models.refresh(['trending@day', 'trending@hour']); // another one asked for is looked up at once
  expect(models.answering()).toEqual([]);
});

test('what no route asks for is not read, and what none asks for any more is gone', async () => {
  const read: string[] = [];
  const models = trending({
    async listTrends(window) {
      read.push(window);
      return [trend('1', 1)];
    },
  });
  await models.refresh(['ease@champion']);
  await models.refresh(['trending@day']);
  await models.refresh(['trending@day']); // a moment later: as it was
  expect(read).toEqual(['day']);
  await models.refresh(['trending@hour']);
  expect(models.answering()).toEqual(['trending@hour']);
});

test('a movie of an own set stays that set’s', async () => {
  const models = trending({
    listTrends: async () => [trend('1000000001', 3)],
    readCatalogues: async (ids) => (ids.length > 0 ? { names: new Set(['shop']), of: () => 'shop' } : SHARED_ALONE),
    findPopular: () => popular('1'),
  });
  await models.refresh(['trending@hour']);
  const { catalogues } = models.find('trending@hour')!;
  expect(catalogues.names).toEqual(new Set([null, 'shop']));
  expect(['1', '1000000001'].map(catalogues.of)).toEqual([null, 'shop']);
});
