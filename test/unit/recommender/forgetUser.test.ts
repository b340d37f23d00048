import { describe, expect, test } from '@jest/globals';
import { MODEL_KINDS, type ModelKind } from '../../../contracts/models.ts';
import { forgetInSnapshot } from '../../../domain/recommender/data/forgetInSnapshot.ts';
import { createSnapshot, hashSnapshot, trainingDataOf, type Snapshot } from '../../../domain/recommender/data/snapshot.ts';
import { forgetUser, holdsUser } from '../../../domain/recommender/model/forgetUser.ts';
import type { TrainedModel } from '../../../domain/recommender/model/model.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { decodeSafetensors } from '../../../domain/recommender/numeric/safetensors.ts';
import { earlierFeatures } from '../../support/earlierFeatures.ts';
import { interactionsOf, movieTable, type Row } from './samples.ts';
import { fitContext, smallSpec, tf } from './training.ts';

const USERS = 13; // unlike every other size, so that a row a user is seen as such
const GONE = 'u "5" ünd';
const idOf = (user: number) => (user === 5 ? GONE : `u${user}`);
const rows: Row[] = Array.from({ length: USERS }, (_, user) =>
  Array.from({ length: 6 + (user % 4) }, (_, nth) => ({
    user: idOf(user),
    movie: String(1 + ((3 * user + 5 * nth) % 40)),
    rating: 1 + ((user + nth) % 8) / 2,
    at: 1000 * nth,
  })),
).flat();
const movies = movieTable(40);
const interactions = interactionsOf(rows, movies);
const snapshot = createSnapshot(interactions, movies, 7, 'leave_one_out', earlierFeatures(interactions, movies));

const fit = async (kind: ModelKind): Promise<TrainedModel> =>
  (await modelKind(kind).fit(smallSpec(kind, kind === 'neural_cf' ? { objective: 'rating' } : {}), trainingDataOf(snapshot), fitContext()))
    .model;

describe.each(MODEL_KINDS)('a saved %s without a user', (kind) => {
  test('has no row of theirs, answers them as a stranger, and all others as before', async () => {
    const model = await fit(kind);
    const files = model.save();
    const left = forgetUser(files, GONE)!;
    expect(holdsUser(files['vocabulary.json']!, GONE)).toBe(true);
    expect(holdsUser(left['vocabulary.json']!, GONE)).toBe(false);
    const shapes = Object.values(decodeSafetensors(left['weights.safetensors']!).tensors).map(({ shape }) => shape);
    expect(shapes.filter(([first]) => first === USERS)).toEqual([]);
    const forgetful = modelKind(kind).load(left, tf);
    const ask = (of: TrainedModel, userId: string) => of.canAnswer({ userId }) && of.recommend({ userId, k: 40 });
    expect(ask(forgetful, GONE)).toEqual(ask(forgetful, 'nobody'));
    for (const user of [0, 4, 6, 12]) {
      const [now, before] = [ask(forgetful, idOf(user)), ask(model, idOf(user))];
      expect(now && now.map(({ movieId }) => movieId)).toEqual(before && before.map(({ movieId }) => movieId));
    }
    expect(forgetUser(left, GONE)).toBeUndefined();
    model.dispose();
    forgetful.dispose();
  });
});

describe('a snapshot without a user', () => {
  const left = forgetInSnapshot(snapshot, GONE)!;
  /** Each row with where it is held out and what was known of it. */
  const told = ({ interactions: of, rankingSplit, ratingSplit, features }: Snapshot) =>
    Array.from({ length: of.length }, (_, row) => [
      of.users.ids[of.userIndex[row]!],
      of.movies.ids[of.movieIndex[row]!],
      of.rating[row],
      of.ratedAt[row],
      rankingSplit[row],
      ratingSplit[row],
      ...features.columns.map((column) => column[row]),
    ]);

  test('has all other rows as they were, in their places, under another digest', () => {
    expect(told(left)).toEqual(told(snapshot).filter(([user]) => user !== GONE));
    expect(left.interactions.users.ids).toEqual(snapshot.interactions.users.ids.filter((id) => id !== GONE));
    expect(hashSnapshot(left)).not.toBe(hashSnapshot(snapshot));
    expect(forgetInSnapshot(left, GONE)).toBe(left);
  });

  test('of nobody else is none', () => {
    const alone = createSnapshot(
      interactionsOf(
        rows.filter(({ user }) => user === GONE),
        movies,
      ),
      movies,
      7,
    );
    expect(forgetInSnapshot(alone, GONE)).toBeUndefined();
  });
});
