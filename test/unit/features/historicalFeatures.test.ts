import { expect, test } from '@jest/globals';
import { DEFINITIONS, type FeatureDefinitions } from '../../../domain/features/definitions.ts';
import { readHistoricalFeatures } from '../../../domain/features/historicalFeatures.ts';
import type { Pool } from '../../../platform/postgres.ts';

const fromTmdb: FeatureDefinitions = {
  ...DEFINITIONS,
  views: DEFINITIONS.views.map((view) => ({
    ...view,
    features: view.features.map((feature) => (feature.name === 'genres' ? { ...feature, provenance: 'tmdb' } : feature)),
  })),
};
const noPool = {} as Pool;

test.each(['movie_features:genres', 'genre_match:genre_match'])(
  '%s is no part of a training set where it came from TMDB',
  async (reference) => {
    const asked = readHistoricalFeatures(noPool, fromTmdb, { references: [reference], parts: [] }, async () => undefined);
    await expect(asked).rejects.toMatchObject({ type: 'FeatureNotTrainable', message: expect.stringContaining('movie_features:genres') });
  },
);
