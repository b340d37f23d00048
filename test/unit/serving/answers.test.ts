import { describe, expect, test } from '@jest/globals';
import type { RecommendBody } from '../../../contracts/recommendations.ts';
import { CHAMPION } from '../../../contracts/models.ts';
import { BUILT_IN_ROUTES, readModelRef, type RouteSpec } from '../../../contracts/routes.ts';
import type { ServedAnswer } from '../../../contracts/served.ts';
import { SHARED_ALONE } from '../../../domain/catalogue/ownCatalogues.ts';
import { createAnswers } from '../../../domain/serving/answers.ts';
import type { ShadowOutcome } from '../../../domain/serving/shadows.ts';
import type { SeenMovies } from '../../../domain/serving/seen.ts';
import type { MovieFacts } from '../../../domain/serving/catalogueFacts.ts';
import { NO_RULES, type RulesInForce } from '../../../domain/serving/rulesInForce.ts';
import { servedRoutesOf } from '../../support/servedRoutes.ts';
import { createTinyModel, type TinyModel } from '../../support/tinyModel.ts';

const neuralCf = createTinyModel('neural_cf', { users: ['7'], movies: ['1', '2', '3'] });
const popularity = createTinyModel('popularity', { movies: ['3', '2', '1', '99'] });
const moviePredictor = createTinyModel('movie_predictor', { users: ['7'], movies: ['2', '1'] });
const all = [neuralCf, popularity, moviePredictor];

const FACTS: Record<string, MovieFacts> = {
  1: { genres: ['Comedy'], year: 1990 },
  2: { genres: ['Comedy', 'Drama'], year: 2000 },
  3: { genres: ['Horror'], year: null },
};

const NOTHING_SEEN: SeenMovies = { movies: new Set(), chosen: [], regretted: new Set(), disliked: [], from: 'database' };

function answersOf(
  models: TinyModel[],
  seen: SeenMovies = NOTHING_SEEN,
  routes: Record<string, RouteSpec> = {},
  rules: Partial<RulesInForce> = {},
  { onRead = () => {} }: { onRead?: (served: ReturnType<typeof servedRoutesOf>) => void } = {},
) {
  const asked: string[] = [];
  const served = servedRoutesOf(routes);
  const written: ServedAnswer[] = [];
  const shadows: ShadowOutcome[] = [];
  const faulty: string[] = [];
  const answers = createAnswers({
    gone: new Set(),
    rules: { now: () => ({ ...NO_RULES, ...rules }) },
    facts: { of: (movieId) => FACTS[movieId], genres: () => ['Comedy', 'Drama', 'Horror'] },
    ownSets: { ofUser: (user) => (user?.startsWith('shop:') ? 'shop' : null), hasShared: () => true },
    onShadowServed: (answer) => written.push(answer),
    onShadow: (outcome) => shadows.push(outcome),
    onFault: (_error, ref) => faulty.push(ref),
    routes: served,
    shelf: {
      find(ref) {
        const { name, alias, version = '5' } = readModelRef(ref);
        const model = alias === undefined || alias === CHAMPION ? models.find(({ kind }) => kind === name) : undefined;
        return model && { name, version, model, catalogues: SHARED_ALONE };
      },
    },
    async readSeen(userId) {
      asked.push(userId);
      onRead(served);
      return seen;
    },
  });
  const recommend = async (body: RecommendBody) => {
    const { answer, served } = await answers.recommend(body);
    written.push(served);
    return answer;
  };
  return { ...answers, recommend, asked, written, shadows, faulty };
}

const recommend = (userId: string | null, over: Partial<RecommendBody> = {}): RecommendBody => ({
  user_id: userId,
  k: 2,
  exclude_seen: true,
  explain: false,
  route: 'default',
  ...over,
});

describe('a recommendation', () => {
  test('is neural_cf’s for a user it knows, and says which version answered', async () => {
    expect(await answersOf(all).recommend(recommend('7'))).toEqual({
      recommendation_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      user_id: '7',
      route: 'default',
      variant: 'main',
      model: { name: 'neural_cf', version: '5' },
      recommendations: [
        { movie_id: '1', score: 3 },
        { movie_id: '2', score: 2 },
      ],
      seen_from: 'database',
    });
  });

  test('is popularity’s for a user neural_cf does not know, and for nobody in particular', async () => {
    const { recommend: ask, asked } = answersOf(all);
    expect(await ask(recommend('stranger'))).toMatchObject({ model: { name: 'popularity' }, seen_from: 'database' });
    expect(await ask(recommend(null))).toMatchObject({ model: { name: 'popularity' }, seen_from: 'not_asked' });
    expect(asked).toEqual(['stranger']);
  });

  test('is for a user neural_cf does not know by what they chose, where a model can; a dislike does not count', async () => {
    const itemKnn = createTinyModel('item_knn', { byHistory: true });
    const seen: SeenMovies = { movies: new Set(['1', '3']), chosen: ['1'], regretted: new Set(), disliked: [], from: 'database' };
    const { recommend: ask, predict } = answersOf([...all, itemKnn], seen);
    expect(await ask(recommend('stranger', { exclude_seen: false }))).toMatchObject({
      model: { name: 'item_knn' },
      recommendations: [{ movie_id: '1', score: 9 }, { movie_id: '2' }],
    });
    expect((await ask(recommend('stranger'))).recommendations.map(({ movie_id }) => movie_id)).toEqual(['2']);
    expect(await ask(recommend('7'))).toMatchObject({ model: { name: 'neural_cf' } });
    expect(await predict({ user_id: 'stranger', movie_ids: ['1'], route: 'default' })).toMatchObject({
      model: { name: 'item_knn' },
      predictions: [{ movie_id: '1', score: 9 }],
    });
    const { recommend: askOfNothing } = answersOf([...all, itemKnn]);
    expect(await askOfNothing(recommend('stranger'))).toMatchObject({ model: { name: 'popularity' } });
  });

  test('is by ials before neural_cf, and by ease before both, where they know the user too', async () => {
    const seen: SeenMovies = { ...NOTHING_SEEN, chosen: ['1'] };
    const known = [...all];
    for (const kind of ['ials', 'ease'] as const) {
      known.push(createTinyModel(kind, { byHistory: true }));
      expect(await answersOf(known, seen).recommend(recommend('7'))).toMatchObject({ model: { name: kind } });
    }
  });

  test('is movie_predictor’s on the legacy route, whoever asks', async () => {
    for (const user of ['7', 'stranger', null]) {
      expect(await answersOf(all).recommend(recommend(user, { route: 'legacy' }))).toMatchObject({ model: { name: 'movie_predictor' } });
    }
  });

  test('is popularity’s while the route’s own model is not loaded', async () => {
    expect(await answersOf([popularity]).recommend(recommend('7'))).toMatchObject({ model: { name: 'popularity' } });
    expect(await answersOf([popularity]).recommend(recommend('7', { route: 'legacy' }))).toMatchObject({ model: { name: 'popularity' } });
  });

  test('is the next model’s where one throws, and says so with the time that it took; what threw in the last one is thrown', async () => {
    const broken = createTinyModel('neural_cf', { users: ['7'], movies: ['1', '2', '3'] });
    broken.recommend = () => {
      throw new Error('the weights\nare gone');
    };
    const { recommend: ask, written, faulty } = answersOf([broken, popularity]);
    expect(await ask(recommend('7'))).toMatchObject({ model: { name: 'popularity' } });
    expect(faulty).toEqual(['neural_cf@champion']);
    expect(written[0]).toMatchObject({
      faults: [{ model: 'neural_cf@champion', why: 'the weights are gone' }],
      duration_ms: expect.any(Number),
    });
    await expect(answersOf([broken]).recommend(recommend('7'))).rejects.toThrow('the weights');
  });

  test('has no fault where a model cannot answer for the user or an alias names nothing, and one where a version is not in memory', async () => {
    const { recommend: ask, written } = answersOf(all, NOTHING_SEEN, {
      trial: { variants: [{ name: 'canary', weight: 1, models: ['ease@champion', 'neural_cf@champion'] }], shadows: [] },
      pinned: { variants: [{ name: 'canary', weight: 1, models: ['ease/9', 'neural_cf@champion'] }], shadows: [] },
    });
    await ask(recommend('stranger', { route: 'trial' }));
    await ask(recommend('7', { route: 'pinned' }));
    expect(written.map(({ faults }) => faults)).toEqual([null, [{ model: 'ease/9', why: 'it is not in memory' }]]);
  });

  test('leaves out what the user has seen, unless asked not to', async () => {
    const seen: SeenMovies = { movies: new Set(['1']), chosen: ['1'], regretted: new Set(), disliked: [], from: 'memory' };
    const movieIds = async (exclude_seen: boolean) => {
      const answer = await answersOf(all, seen).recommend(recommend('7', { exclude_seen }));
      return [answer.recommendations.map(({ movie_id }) => movie_id), answer.seen_from];
    };
    expect(await movieIds(true)).toEqual([['2', '3'], 'memory']);
    expect(await movieIds(false)).toEqual([['1', '2'], 'not_asked']);
  });

  test('is refused for now while no model is loaded, or none that answers for the user', async () => {
    const refused = { kind: 'unavailable', retryAfterS: 2 };
    await expect(answersOf([]).recommend(recommend('7'))).rejects.toMatchObject(refused);
    await expect(answersOf([neuralCf]).recommend(recommend('shop:1'))).rejects.toMatchObject({
      message:
        'no loaded model of route default answers for user shop:1; npx mlops train --model popularity makes one that answers for every customer of shop',
    });
    await expect(answersOf([neuralCf]).recommend(recommend('stranger'))).rejects.toMatchObject(refused);
    await expect(answersOf([neuralCf]).recommend(recommend(null))).rejects.toMatchObject(refused);
  });
});

test('what changes while a history is read is answered by: neither its variant nor its models may be there any more', async () => {
  const ease = createTinyModel('ease', { byHistory: true });
  const of = (name: string, ref: string): RouteSpec => ({ variants: [{ name, weight: 1, models: [ref] }], shadows: [] });
  const there: TinyModel[] = [];
  const answers = () => {
    there.splice(0, 2, ease, popularity);
    const seen: SeenMovies = { ...NOTHING_SEEN, movies: new Set(['1']), chosen: ['1'] };
    return answersOf(
      there,
      seen,
      { now: of('canary', 'ease/9') },
      {},
      {
        onRead(served) {
          served.set('now', of('main', 'neural_cf@champion'));
          there.splice(0, 1, neuralCf);
        },
      },
    );
  };
  const answered = { variant: 'main', model: { name: 'neural_cf' } };
  expect(await answers().recommend(recommend('7', { route: 'now' }))).toMatchObject(answered);
  expect(await answers().predict({ user_id: '7', movie_ids: ['1'], route: 'now' })).toMatchObject(answered);
});

describe('a route with variants', () => {
  const routes: Record<string, RouteSpec> = {
    trial: {
      variants: [
        { name: 'new', weight: 1, models: ['neural_cf/9'] },
        { name: 'off', weight: 0, models: ['movie_predictor@champion'] },
        { name: 'old', weight: 3, models: ['popularity@champion'] },
      ],
      shadows: [],
    },
    waiting: { variants: [{ name: 'only', weight: 1, models: ['ease@challenger'] }], shadows: [] },
  };
  const known = createTinyModel('neural_cf', { users: Array.from({ length: 400 }, (_, at) => String(at)) });
  const { recommend: ask, predict } = answersOf([known, popularity, moviePredictor], NOTHING_SEEN, routes);

  test('keeps a user with the variant that their id gives them, in shares as the weights say', async () => {
    const counts = new Map<string, number>();
    for (const userId of known.users.ids) {
      const { variant, model } = await ask(recommend(userId, { route: 'trial' }));
      counts.set(variant, (counts.get(variant) ?? 0) + 1);
      expect(model).toEqual(variant === 'new' ? { name: 'neural_cf', version: '9' } : { name: 'popularity', version: '5' });
      expect(await predict({ user_id: userId, movie_ids: ['1'], route: 'trial' })).toMatchObject({ variant });
    }
    expect([...counts.keys()].sort()).toEqual(['new', 'old']);
    expect(counts.get('new')).toBeGreaterThan(60); // 100 ± 35 is four standard deviations
    expect(counts.get('new')).toBeLessThan(140);
  });

  test('answers by the variant that is asked for, also by one that nobody gets', async () => {
    for (const variant of ['new', 'off', 'old']) expect(await ask(recommend('1', { route: 'trial', variant }))).toMatchObject({ variant });
    await expect(ask(recommend('1', { route: 'trial', variant: 'other' }))).rejects.toMatchObject({
      kind: 'invalid',
      errors: [{ field: 'variant', message: 'route trial has no variant other; it has new, off, old' }],
    });
  });

  test('answers by popularity where none of its models is loaded, or answers for the user', async () => {
    expect(await ask(recommend('1', { route: 'waiting' }))).toMatchObject({ variant: 'only', model: { name: 'popularity' } });
    expect(await ask(recommend('stranger', { route: 'trial', variant: 'new' }))).toMatchObject({ model: { name: 'popularity' } });
  });

  test('that is not there is refused by its name', async () => {
    await expect(ask(recommend('1', { route: 'scenic' }))).rejects.toMatchObject({ kind: 'invalid', errors: [{ field: 'route' }] });
    expect(Object.keys(BUILT_IN_ROUTES)).toEqual(['default', 'legacy']);
  });
});

describe('what is asked for', () => {
  const idsOf = async (over: Partial<RecommendBody>, rules: Partial<RulesInForce> = {}) => {
    const { recommend: ask } = answersOf(all, NOTHING_SEEN, {}, rules);
    return (await ask(recommend(null, { k: 3, ...over }))).recommendations.map(({ movie_id }) => movie_id).join();
  };

  test.each<[RecommendBody['filter'], string]>([
    [{ genres: ['Drama', 'Horror'] }, '3,2'],
    [{ exclude_genres: ['Comedy'] }, '3'],
    [{ years: { from: 1995 } }, '2'],
    [{ years: { to: 1995 } }, '1'],
    [{ genres: ['Comedy'], years: { from: 1995 } }, '2'],
    [{ exclude_ids: ['3'] }, '2,1,99'],
    [{ only_ids: ['99', '1', '404'] }, '1,99'],
    [{ only_ids: [] }, ''],
    [{ genres: ['Horror'], years: { to: 1995 } }, ''],
  ])('is all that is answered: %j', async (filter, expected) => {
    expect(await idsOf({ filter })).toBe(expected);
  });

  test('is put as unlike as can be by diversity, which a variant may have and a request say otherwise', async () => {
    expect(await idsOf({ diversity: 1 })).toBe('3,2,99');
    expect(await idsOf({})).toBe('3,2,1');
    const routes = { mixed: { variants: [{ name: 'a', weight: 1, models: ['popularity@champion'], diversity: 1 }], shadows: [] } };
    const { recommend: ask, written } = answersOf(all, NOTHING_SEEN, routes);
    await ask(recommend(null, { k: 3, route: 'mixed' }));
    await ask(recommend(null, { k: 3, route: 'mixed', diversity: 0 }));
    expect(written.map(({ movie_ids, ordering }) => [movie_ids.join(), ordering])).toEqual([
      ['3,2,99', { diversity: 1 }],
      ['3,2,1', null],
    ]);
  });

  test('obeys the rules in force: hidden and blocked are left out, boosted move, pinned stand where they should', async () => {
    expect(await idsOf({}, { hidden: new Set(['3']) })).toBe('2,1,99');
    expect(await idsOf({}, { blocked: new Set(['2']) })).toBe('3,1,99');
    expect(await idsOf({}, { boosts: new Map([['99', 5]]) })).toBe('99,3,2');
    expect(await idsOf({}, { boosts: new Map([['3', -5]]) })).toBe('2,1,99');
    expect(await idsOf({}, { pins: [{ movieId: '99', position: 2 }] })).toBe('3,99,2');
    expect(await idsOf({ filter: { exclude_ids: ['99'] } }, { pins: [{ movieId: '99', position: 2 }] })).toBe('3,2,1');
    const { predict, similar } = answersOf(all, NOTHING_SEEN, {}, { blocked: new Set(['2']) });
    expect((await predict({ user_id: '7', movie_ids: ['1', '2'], route: 'default' })).unknown_movie_ids).toEqual(['2']);
    expect(similar({ movie_id: '1', k: 5, route: 'default' }).similar.map(({ movie_id }) => movie_id)).toEqual(['3']);
  });

  test('is of genres in any case, and refuses one that no movie is of with those that there are', async () => {
    expect(await idsOf({ filter: { genres: ['comedy '] } })).toBe('2,1');
    for (const field of ['genres', 'exclude_genres'] as const)
      await expect(idsOf({ filter: { [field]: ['Comedies'] } })).rejects.toMatchObject({
        kind: 'invalid',
        errors: [{ field: `filter.${field}`, message: 'no movie is of genre Comedies; there are Comedy, Drama, Horror' }],
      });
  });

  test('is explored by the propensities that are written down, the same all day for a user', async () => {
    const routes = { curious: { variants: [{ name: 'a', weight: 1, models: ['popularity@champion'], exploration: 1 }], shadows: [] } };
    const { recommend: ask, written } = answersOf(all, NOTHING_SEEN, routes);
    for (let at = 0; at < 2; at += 1) await ask(recommend('7', { k: 2, route: 'curious' }));
    for (let at = 0; at < 30; at += 1) await ask(recommend(`u${at}`, { k: 2, route: 'curious' }));
    expect(written[0]!.movie_ids).toEqual(written[1]!.movie_ids);
    expect(new Set(written.map(({ movie_ids }) => movie_ids.join())).size).toBeGreaterThan(3);
    for (const { ordering } of written) {
      expect(ordering).toMatchObject({ exploration: 1, propensities: [expect.any(Number), expect.any(Number)] });
      expect(Math.min(...ordering!.propensities!)).toBeGreaterThan(0);
    }
  });

  test('is explained: what the user chose that is most like it, what is pinned, what many chose', async () => {
    const ease = createTinyModel('ease', { byHistory: true });
    const seen: SeenMovies = { movies: new Set(['1']), chosen: ['1'], regretted: new Set(), disliked: [], from: 'database' };
    const { recommend: ask } = answersOf([...all, ease], seen, {}, { pins: [{ movieId: '3', position: 1 }] });
    const reasons = async (userId: string | null) =>
      (await ask(recommend(userId, { explain: true }))).recommendations.map(({ movie_id, reason }) => [movie_id, reason]);
    expect(await reasons('stranger')).toEqual([
      ['3', { kind: 'pinned' }],
      ['2', { kind: 'chosen', movie_id: '1' }],
    ]);
    const regretting = answersOf([...all, ease], { ...seen, regretted: new Set(['1']) });
    const { recommendations } = await regretting.recommend(recommend('stranger', { explain: true }));
    expect(recommendations[0]!.reason).toEqual({ kind: 'model' });
    expect(await reasons(null)).toEqual([
      ['3', { kind: 'pinned' }],
      ['2', { kind: 'popular' }],
    ]);
  });
});

describe('a prediction', () => {
  test('keeps the order asked for and names the movies that the model has never met', async () => {
    expect(await answersOf(all).predict({ user_id: '7', movie_ids: ['3', '404', '1'], route: 'default' })).toEqual({
      user_id: '7',
      route: 'default',
      variant: 'main',
      model: { name: 'neural_cf', version: '5' },
      predictions: [
        { movie_id: '3', score: 1 },
        { movie_id: '1', score: 3 },
      ],
      unknown_movie_ids: ['404'],
    });
  });
});

describe('similar movies', () => {
  test('come without the movie itself', () => {
    expect(answersOf(all).similar({ movie_id: '1', k: 5, route: 'default' })).toMatchObject({
      model: { name: 'neural_cf' },
      similar: [{ movie_id: '2' }, { movie_id: '3' }],
    });
  });

  test('come from the next model where the first does not know the movie', () => {
    expect(answersOf(all).similar({ movie_id: '99', k: 1, route: 'default' })).toMatchObject({ model: { name: 'popularity' } });
  });

  test('come from the models of a variant where one is named', () => {
    expect(
      answersOf(all, NOTHING_SEEN, {
        two: {
          variants: [
            { name: 'a', weight: 1, models: ['neural_cf@champion'] },
            { name: 'b', weight: 1, models: ['popularity@champion'] },
          ],
          shadows: [],
        },
      }).similar({ movie_id: '1', k: 1, route: 'two', variant: 'b' }),
    ).toMatchObject({ model: { name: 'popularity' } });
  });

  test('of a movie nobody knows are not found, by its name', () => {
    expect(() => answersOf(all).similar({ movie_id: '404', k: 5, route: 'default' })).toThrow(
      expect.objectContaining({ kind: 'missing', message: expect.stringContaining('movie 404') }),
    );
  });
});
