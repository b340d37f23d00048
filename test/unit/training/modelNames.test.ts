import { expect, test } from '@jest/globals';
import {
  MODEL_KINDS,
  MODEL_NAMES,
  modelSpecSchema,
  nameOf,
  PRIMARY_METRIC,
  specOfName,
  type ModelName,
} from '../../../contracts/models.ts';
import { trainingInputSchema } from '../../../contracts/training.ts';

test('a model is named after its kind, and one that was told to learn ratings after both', () => {
  expect(MODEL_NAMES).toEqual([...MODEL_KINDS, 'neural_cf_rating']);
  expect(nameOf(modelSpecSchema.parse({ kind: 'neural_cf', objective: 'rating' }))).toBe('neural_cf_rating');
  for (const kind of MODEL_KINDS) expect(nameOf(modelSpecSchema.parse({ kind }))).toBe(kind);
  expect([PRIMARY_METRIC.neural_cf.name, PRIMARY_METRIC.neural_cf_rating.name]).toEqual(['full_ndcg_at_10', 'rmse']);
});

test('a name that no model can have is a type error', () => {
  const known: ModelName[] = ['neural_cf_rating', 'movie_predictor', 'ease'];
  // @ts-expect-error It never predicts ratings.
  const unrated: ModelName = 'ease_rating';
  // @ts-expect-error Whoever always predicts ratings need not be told to.
  const always: ModelName = 'movie_predictor_rating';
  expect(known.every((name) => MODEL_NAMES.includes(name))).toBe(true);
  expect([unrated, always].some((name) => MODEL_NAMES.includes(name))).toBe(false);
});

test.each(MODEL_NAMES)('the hyper-parameters of a name make a model of that name: %s', (name) => {
  expect(nameOf(modelSpecSchema.parse(specOfName(name)))).toBe(name);
});

test('a run makes each name at most once', () => {
  const both = [{ kind: 'neural_cf' }, { kind: 'neural_cf', objective: 'rating' }];
  expect(trainingInputSchema.parse({ models: both }).models).toHaveLength(2);
  expect(trainingInputSchema.safeParse({ models: [...both, both[1]] }).error!.issues).toEqual([
    expect.objectContaining({ path: ['models'], message: 'each kind at most once, neural_cf once for each objective' }),
  ]);
});

test('what is no hyper-parameter of a kind is refused with those that are', () => {
  const parsed = modelSpecSchema.safeParse({ kind: 'neural_cf', learning_rat: 0.1 });
  expect(parsed.error!.issues.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^learning_rat: no hyper-parameter of neural_cf, which has .*learning_rate/),
  ]);
});
