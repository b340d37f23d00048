import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MODEL_KINDS } from '../../../contracts/models.ts';
import { UnknownUser, type TrainedModel } from '../../../domain/recommender/model/model.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { selectRows } from '../../../domain/recommender/data/interactions.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { busyBound } from '../../support/busyBound.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext, memoryCheckpoints, smallSpec, tf } from './training.ts';

// A bound for a machine that is busy with the other tests; alone each takes moments.
const data = trainingDataOf(tasteSnapshot({ users: 24 }));
const fit = (kind: (typeof MODEL_KINDS)[number], context = fitContext(), given: object = {}) =>
  modelKind(kind).fit(smallSpec(kind, given), data, context);
/** Of which no kind learns hundreds of epochs in a moment. */
const more = trainingDataOf(tasteSnapshot({ users: 600 }));
const LEARNING = ['ials', 'neural_cf', 'sasrec', 'movie_predictor'] as const;

describe.each(MODEL_KINDS)('%s', (kind) => {
  let model: TrainedModel;
  let tensorsBefore: number;
  beforeAll(async () => {
    tensorsBefore = tf.memory().numTensors;
    ({ model } = await fit(kind));
  });
  afterAll(() => {
    model.dispose();
    // Nothing that was asked of it left a tensor behind.
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  test('answers alike before it is saved and after it is loaded, and equal runs save equal bytes', async () => {
    const files = model.save();
    const { model: again } = await fit(kind);
    expect(again.save()).toEqual(files);
    const loaded = modelKind(kind).load(files, tf);
    for (const answering of [model, loaded]) {
      expect(answering.recommend({ userId: 'u2', k: 5 })).toEqual(model.recommend({ userId: 'u2', k: 5 }));
      expect(answering.similar('3', 4)).toEqual(model.similar('3', 4));
    }
    expect(Object.keys(files).sort()).toEqual(['config.json', 'metrics.json', 'vocabulary.json', 'weights.safetensors']);
    loaded.dispose();
    again.dispose();
  });

  test('recommends k, best first, without what is excluded; scores agree with it', () => {
    const all = model.recommend({ userId: 'u2', k: 100 });
    expect(all).toHaveLength(40);
    expect(all.map(({ score }) => score)).toEqual(all.map(({ score }) => score).sort((a, b) => b - a));
    const exclude = new Set(all.slice(0, 3).map(({ movieId }) => movieId));
    expect(model.recommend({ userId: 'u2', k: 2, exclude })).toEqual(all.slice(3, 5));
    expect(model.score({ userId: 'u2' }, [all[7]!.movieId, 'no-such-movie'])).toEqual([all[7]!.score, null]);
    expect(model.recommend({ userId: 'u2', k: 0 })).toEqual([]);
  });

  test('knows whom and what it learnt from; similar leaves out the movie itself', () => {
    expect(model.canAnswer({ userId: 'u2' })).toBe(true);
    expect(model.canAnswer({ userId: 'nobody' })).toBe(model.answersUnknownUsers);
    expect([model.knowsMovie('1'), model.knowsMovie('999')]).toEqual([true, false]);
    expect(model.similar('3', 50).map(({ movieId }) => movieId)).not.toContain('3');
    expect(model.similar('999', 5)).toEqual([]);
    if (model.answersUnknownUsers) expect(model.recommend({ userId: null, k: 3 })).toEqual(model.recommend({ userId: 'nobody', k: 3 }));
    else expect(() => model.recommend({ userId: 'nobody', k: 3 })).toThrow(UnknownUser);
  });

  test('refuses to learn from nothing', async () => {
    const none = (rows: typeof data.chosen) => selectRows(rows, new Uint32Array());
    const empty = { ...data, chosen: none(data.chosen), rated: none(data.rated) };
    await expect(modelKind(kind).fit(smallSpec(kind), empty, fitContext())).rejects.toMatchObject({ type: 'EmptyDataset' });
  });
});

describe.each(LEARNING)('training %s', (kind) => {
  test('that was cut off goes on from its checkpoint and ends in the same bytes', async () => {
    const whole = await fit(kind);
    const checkpoints = memoryCheckpoints();
    const cut = new AbortController();
    const onProgress = ({ epoch }: { epoch: number }) => epoch === 2 && cut.abort(new Error('killed'));
    await expect(fit(kind, fitContext({ checkpoints, signal: cut.signal, onProgress }))).rejects.toThrow('killed');
    expect(checkpoints.saved).toHaveLength(2);
    const resumed = await fit(kind, fitContext({ checkpoints }));
    expect([whole.resumedFromEpoch, resumed.resumedFromEpoch]).toEqual([null, 2]);
    expect(resumed.model.save()).toEqual(whole.model.save());
  });

  test('starts over where the checkpoint is of another spec', async () => {
    const checkpoints = memoryCheckpoints();
    await fit(kind, fitContext({ checkpoints }), { epochs: 2, seed: 1 });
    expect((await fit(kind, fitContext({ checkpoints }), { epochs: 2, seed: 2 })).resumedFromEpoch).toBeNull();
  });

  test('tells every epoch, with a loss that falls', async () => {
    const told = new Map<number, number>();
    await fit(kind, fitContext({ onProgress: ({ epoch, epochs, loss }) => void (epochs === 6 && told.set(epoch, loss!)) }));
    expect([...told.keys()]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(told.get(6)!).toBeLessThan(told.get(1)! * 0.9);
  });

  test('lets timers run and ends soon after an abort', async () => {
    const cut = new AbortController();
    let abortedAt = 0;
    setTimeout(() => {
      abortedAt = performance.now();
      cut.abort(new Error('cancelled'));
    }, 50);
    await expect(modelKind(kind).fit(smallSpec(kind, { epochs: 500 }), more, fitContext({ signal: cut.signal }))).rejects.toThrow(
      'cancelled',
    );
    expect(performance.now() - abortedAt).toBeLessThan(busyBound(1_000));
  });
});
