import { describe, expect, test } from '@jest/globals';
import { gateSettingsSchema, type ChampionComparison, type Interval } from '../../../contracts/gate.ts';
import { evidenceAgainst, judge, type Candidate } from '../../../domain/recommender/evaluation/gate.ts';

const settings = gateSettingsSchema.parse({});
const around = (value: number, half: number): Interval => ({ value, low: value - half, high: value + half });
const champion = (gain: Interval, over: Partial<ChampionComparison> = {}): ChampionComparison => ({
  version: '4',
  note: 'compared on all 610 users',
  value: 0.4,
  gain,
  slices: [],
  ...over,
});
const candidate = (over: Partial<Candidate> = {}, standing: ChampionComparison | null = null): Candidate => ({
  name: 'neural_cf',
  metrics: { full_ndcg_at_10: 0.4 },
  baseline: { full_ndcg_at_10: 0.3 },
  evidence: { gain_over_popularity: around(0.1, 0.02), champion: standing, latency_ms: 5 },
  bytes: 1_000,
  ...over,
});
const refused = (of: Candidate, given: object = {}) =>
  judge(of, gateSettingsSchema.parse(given))
    .rules.filter(({ passed }) => !passed)
    .map(({ rule }) => rule);

describe('the gate', () => {
  test('lets the first model that beats popularity pass, and says by which numbers', () => {
    const { passed, rules } = judge(candidate(), settings);
    expect(passed).toBe(true);
    expect(rules[0]).toEqual({
      rule: 'beats_popularity',
      passed: true,
      value: 0.4,
      bound: 0.3,
      detail:
        "full_ndcg_at_10 0.4000, popularity's 0.3000: the gain 0.1000 (95 % interval 0.0800 to 0.1200) must be above 0.0000 beyond chance",
    });
    expect(rules.slice(1).map(({ detail }) => detail)).toEqual([
      ...Array<string>(3).fill('there is no champion to compare with'),
      'there are no catalogues to compare with',
      '5 of at most 500 ms to rank every movie for one user, 95th percentile',
      '1000 of at most 2000000000 bytes of model files',
    ]);
  });

  test.each([
    ['better by luck', around(0.01, 0.02), {}, ['beats_popularity']],
    ['equal', around(0, 0), {}, ['beats_popularity']],
    ['better, and by less than is asked', around(0.1, 0.02), { min_gain_over_popularity: 0.3 }, ['beats_popularity']],
    ['better by as much as is asked', around(0.1, 0.02), { min_gain_over_popularity: 0.2 }, []],
  ])('a model that is to popularity %s', (_, gain, given, rules) => {
    const evidence = { ...candidate().evidence, gain_over_popularity: gain };
    expect(refused(candidate({ evidence }), given)).toEqual(rules);
  });

  test.each([
    ['equal', around(0, 0), {}, []],
    ['better by noise', around(0.005, 0.02), {}, []],
    ['worse by noise', around(-0.005, 0.02), {}, []],
    ['worse beyond chance', around(-0.02, 0.01), {}, ['not_worse_than_champion']],
    ['clearly worse', around(-0.1, 0.02), {}, ['not_worse_than_champion', 'loss_to_champion_ruled_out']],
    ['better or worse, nobody can tell with so few users', around(0.01, 0.2), {}, ['loss_to_champion_ruled_out']],
    ['the same, where such a loss is allowed', around(0.01, 0.2), { max_loss_to_champion: 0.5 }, []],
    ['worse by noise, where no loss is allowed', around(-0.005, 0.02), { max_loss_to_champion: 0 }, ['loss_to_champion_ruled_out']],
  ])('a model that is to the champion %s', (_, gain, given, rules) => {
    expect(refused(candidate({}, champion(gain)), given)).toEqual(rules);
  });

  test('a slice that collapsed is refused by name; one of few users, or a loss that may be chance, is not', () => {
    const slices = (gain: Interval, users = 100) => [{ slice: 'movie popularity: tail', users, value: 0.2, gain }];
    const judged = (of: ChampionComparison['slices'], given: object = {}) =>
      refused(candidate({}, champion(around(0, 0.01), { slices: of })), given);
    expect(judged(slices(around(-0.15, 0.03)))).toEqual(['slices_hold']);
    expect(judged(slices(around(-0.15, 0.03), 29))).toEqual([]);
    expect(judged(slices(around(-0.06, 0.03)))).toEqual([]);
    expect(judged(slices(around(-0.06, 0.03)), { max_slice_loss: 0.1 })).toEqual(['slices_hold']);
    const { rules } = judge(candidate({}, champion(around(0, 0.01), { slices: slices(around(-0.15, 0.03)) })), settings);
    expect(rules.find(({ rule }) => rule === 'slices_hold')).toMatchObject({
      value: -0.15,
      bound: -0.05,
      detail: expect.stringContaining('movie popularity: tail, 100 users: the champion has 0.2000, and the gain -0.1500'),
    });
  });

  test('one that lacks catalogues of the champion is refused in words, however good it is at its own', () => {
    const against = (known: (string | null)[], lost: (string | null)[]) =>
      judge(candidate({}, champion(around(0.1, 0.01), { catalogues: { known, lost } })), settings);
    const alone = against(['boutique'], [null, 'store']);
    expect(alone.passed).toBe(false);
    expect(alone.rules.filter(({ passed }) => !passed)).toEqual([
      {
        rule: 'keeps_the_catalogues',
        passed: false,
        value: 2,
        bound: 0,
        detail:
          'it knows boutique alone; the champion, version 4, also answers for the shared catalogue and store: train without --set, or put it on a route of its own',
      },
    ]);
    expect(against([null, 'boutique'], []).passed).toBe(true);
  });

  test('one that is too slow or too large is refused by the budget', () => {
    const evidence = { ...candidate().evidence, latency_ms: 501 };
    expect(refused(candidate({ evidence, bytes: 2_000_000_001 }))).toEqual(['latency_within_budget', 'size_within_budget']);
    expect(refused(candidate({ evidence, bytes: 2_000_000_001 }), { max_latency_ms: 600, max_model_bytes: 3e9 })).toEqual([]);
  });

  test('a rating model is better the lower its error; gains are positive all the same', () => {
    const rating = { name: 'movie_predictor', metrics: { rmse: 0.9 }, baseline: { rmse: 0.95 } } as const;
    const gain = (over: number, standing: number) =>
      refused(
        candidate({
          ...rating,
          evidence: { gain_over_popularity: around(over, 0.01), champion: champion(around(standing, 0.01), { value: 0.9 }), latency_ms: 1 },
        }),
      );
    expect(gain(0.05, 0)).toEqual([]);
    expect(gain(-0.05, -0.02)).toEqual(['beats_popularity', 'not_worse_than_champion']);
  });

  test('popularity need not beat itself, but its champion', () => {
    const popularity = { name: 'popularity', evidence: { gain_over_popularity: around(0, 0), champion: null, latency_ms: 1 } } as const;
    expect(refused(candidate(popularity))).toEqual([]);
    const evidence = { ...popularity.evidence, champion: champion(around(-0.02, 0.01)) };
    expect(refused(candidate({ ...popularity, evidence }))).toEqual(['not_worse_than_champion']);
  });

  test('a champion that cannot be asked cannot serve: there is nothing to compare with, and the verdict says why', () => {
    const gone = champion(around(0, 0), { value: null, gain: null, note: "the champion's files are gone" });
    expect(refused(candidate({}, gone))).toEqual([]);
    expect(judge(candidate({}, gone), settings).rules[1]!.detail).toBe(
      "there is nothing to compare with: version 4, the champion's files are gone",
    );
  });

  test('nothing passes that was not measured', () => {
    const unmeasured = { ...candidate().evidence, gain_over_popularity: null };
    expect(refused(candidate({ metrics: {}, evidence: unmeasured }))).toEqual(['beats_popularity']);
    const notANumber = { ...candidate().evidence, gain_over_popularity: around(Number.NaN, 0) };
    expect(refused(candidate({ metrics: { full_ndcg_at_10: Number.NaN }, evidence: notANumber }))).toEqual(['beats_popularity']);
    expect(refused(candidate({}, champion(around(Number.NaN, 0))))).toEqual(['not_worse_than_champion', 'loss_to_champion_ruled_out']);
  });

  test('goes by a report that was held against the champion of now, and by no other', () => {
    const { evidence } = candidate({}, champion(around(0, 0)));
    expect(evidenceAgainst({ evidence }, '4')).toBe(evidence);
    const changed = (message: string) => expect.objectContaining({ type: 'ChampionChanged', message });
    expect(() => evidenceAgainst({ evidence }, '5')).toThrow(changed('the model was compared with version 4, and version 5 stands now'));
    expect(() => evidenceAgainst({ evidence }, null)).toThrow(changed('the model was compared with version 4, and no champion stands now'));
  });
});
