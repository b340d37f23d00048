import { expect, test } from '@jest/globals';
import { modelSpecSchema } from '../../../contracts/models.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext } from './training.ts';

const data = trainingDataOf(tasteSnapshot());
/** Movies of odd ids are of one taste, those of even ids of the other. */
const liked = ['1', '3', '2', '4'];
const disliked = ['6', '8'];

test.each(['ease', 'item_knn', 'ials'] as const)(
  '%s moves away from what is like a disliked movie, and only where one is disliked',
  async (kind) => {
    const { model } = await modelKind(kind).fit(
      modelSpecSchema.parse({ kind, ...(kind === 'ials' && { embedding_dim: 8 }) }),
      data,
      fitContext(),
    );
    const exclude = new Set([...liked, ...disliked]);
    const ask = (asker: { history: string[]; disliked?: string[] }) => model.recommend({ userId: 'stranger', k: 40, exclude, ...asker });
    /** The more, the further down. */
    const placesOfTheirTaste = (asked: ReturnType<typeof ask>) =>
      asked.reduce((sum, { movieId }, place) => (Number(movieId) % 2 === 0 ? sum + place : sum), 0);
    const plain = ask({ history: liked });
    expect(placesOfTheirTaste(ask({ history: liked, disliked }))).toBeGreaterThan(placesOfTheirTaste(plain));
    expect(ask({ history: liked, disliked: [] })).toEqual(plain);
    expect(ask({ history: liked, disliked: ['a movie of nobody'] })).toEqual(plain);
    model.dispose();
  },
);
