import { expect, test } from '@jest/globals';
import { modelSpecSchema } from '../../../contracts/models.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext } from './training.ts';

const data = trainingDataOf(tasteSnapshot());
/** So few choices that some movies have none. */
const few = trainingDataOf(tasteSnapshot({ users: 6, perUser: 5 }));
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

test.each(['ease', 'item_knn', 'ials', 'sasrec', 'ensemble'] as const)(
  '%s has no answer for a stranger who chose only what nobody did',
  async (kind) => {
    const { movieIndex, movies } = few.chosen;
    const unknown = movies.ids.find((_, movie) => !movieIndex.includes(movie));
    const known = movies.ids[movieIndex[0]!]!;
    const small = { ials: { embedding_dim: 8 }, sasrec: { epochs: 1 }, ensemble: { members: [{ kind: 'ease' }, { kind: 'item_knn' }] } };
    const spec = modelSpecSchema.parse({ kind, ...(kind in small && small[kind as keyof typeof small]) });
    const { model } = await modelKind(kind).fit(spec, few, fitContext());
    expect(unknown).toBeDefined();
    expect(model.canAnswer({ userId: 'stranger', history: [unknown!] })).toBe(false);
    expect(model.canAnswer({ userId: 'stranger', history: [unknown!, known] })).toBe(true);
    model.dispose();
  },
);
