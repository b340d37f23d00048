import { expect, test } from '@jest/globals';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext, smallSpec } from './training.ts';

const data = trainingDataOf(tasteSnapshot({ users: 40, perUser: 10 }));

test.each(['popularity', 'item_knn', 'ease', 'ials', 'sasrec', 'neural_cf'] as const)(
  '%s says how alike a few movies are to one as it says of all',
  async (kind) => {
    const spec = smallSpec(kind, kind === 'neural_cf' || kind === 'sasrec' || kind === 'ials' ? { epochs: 1 } : {});
    const { model } = await modelKind(kind).fit(spec, data, fitContext());
    const others = Int32Array.of(3, 0, model.movies.size - 1, 7, 3);
    for (const movie of [0, 5, model.movies.size - 1]) {
      const all = model.similarityToAll(movie);
      model.likeness(movie, others).forEach((likeness, at) => expect(likeness).toBeCloseTo(all[others[at]!]!, 5));
    }
    expect(model.likeness(1, new Int32Array())).toHaveLength(0);
    model.dispose();
  },
);
