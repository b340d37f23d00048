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

test('what is like a disliked movie leaves the top for somebody who did nothing but dislike it', async () => {
  const { model } = await modelKind('popularity').fit(modelSpecSchema.parse({ kind: 'popularity' }), data, fitContext());
  const ask = (disliked: string[]) => model.recommend({ userId: 'stranger', k: 10, disliked }).map(({ movieId }) => movieId);
  const popular = ask([]);
  const alike = model.similar(popular[0]!, 3).map(({ movieId }) => movieId);
  const shown = (movies: string[]) => movies.filter((movieId) => alike.includes(movieId)).length;
  expect([shown(popular) > 0, shown(ask([popular[0]!]))]).toEqual([true, 0]);
});

test('a boost of 1 brings the hundredth, or the last of fewer, to the first place, whatever the scores are', async () => {
  for (const kind of ['popularity', 'ease'] as const) {
    const { model } = await modelKind(kind).fit(modelSpecSchema.parse({ kind }), data, fitContext());
    const asked = { userId: 'stranger', history: liked, k: 100 };
    const plain = model.recommend(asked);
    const { movieId: last, score } = plain.at(-1)!;
    const first = model.recommend({ ...asked, boosts: new Map([[last, 1.001]]) })[0]!;
    expect(first.movieId).toBe(last);
    expect(first.score - score).toBeCloseTo(1.001 * (plain[0]!.score - score), 3);
  }
});

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
