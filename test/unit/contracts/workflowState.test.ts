import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startWords, subjectsOf } from '../../../contracts/aboutRun.ts';
import { sayState, type UnderWay } from '../../../contracts/workflowState.ts';

const doing = (what: string, subject: string | null = null): UnderWay => ({
  what,
  subject,
  since: '2026-11-29T14:00:00.000Z',
  workflow_id: null,
});

describe('a state in a line', () => {
  test.each([
    [
      { doing: [doing('train_movie_model', 'neural_cf')], waits: [], paused: false, next: 'evaluate_trained_model' },
      null,
      'train_movie_model neural_cf; next evaluate_trained_model',
    ],
    [
      { doing: [], waits: [{ what: 'cools down', until: '2026-11-29T14:20:00.000Z' }], paused: false, next: null },
      '1 alert waits',
      'cools down until 2026-11-29 14:20:00, 1 alert waits',
    ],
    [{ doing: [], waits: [], paused: false, next: null }, null, 'nothing is under way'],
    [{ doing: [doing('a')], waits: [], paused: true, next: 'b' }, null, 'a, paused until the signal `resume`; next b'],
    [
      { doing: Array.from({ length: 9 }, (_, n) => doing('train_trial', `${n}`)), waits: [], paused: false, next: null },
      null,
      /train_trial 4, 4 more$/,
    ],
  ])('%j', (state, more, says) => {
    if (typeof says === 'string') expect(sayState(state, more)).toBe(says);
    else expect(sayState(state, more)).toMatch(says);
  });
});

describe('what a run or a step is about', () => {
  test.each([
    [{ models: [{ kind: 'popularity' }, { kind: 'neural_cf' }], seed: 7 }, ['popularity', 'neural_cf']],
    [{ dataset: { snapshot_id: 'ab' }, spec: { kind: 'neural_cf' }, trial: 3 }, ['3']],
    [{ dataset: { snapshot_id: 'ab' }, model: { name: 'ease', uri: 'blob:x' } }, ['ease']],
    [{ model_name: 'popularity', debounce_ms: 1 }, ['popularity']],
    [{ view: 'user_features', end: 'now' }, ['user_features']],
    [{ path: '/data/ml-1m' }, ['/data/ml-1m']],
    [{ day: '2026-01-01' }, []],
    [undefined, []],
    ['ml-1m', []],
  ])('%j', (input, subjects) => {
    expect(subjectsOf(input)).toEqual(subjects);
  });

  test('whatever is given, its words fit what Temporal takes: 400 bytes of summary, 255 characters of a search attribute', () => {
    const anything = fc.anything({ withNullPrototype: true, maxDepth: 3 });
    const named = fc.record({ models: fc.array(fc.record({ kind: fc.string({ unit: 'binary', maxLength: 2_000 }) }), { maxLength: 40 }) });
    fc.assert(
      fc.property(fc.oneof(anything, named), fc.string({ unit: 'binary', maxLength: 500 }), (input, by) => {
        const { subjects, startedBy, summary, details } = startWords('movieTrainingPipeline', input, by);
        expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(400);
        expect(Buffer.byteLength(details)).toBeLessThanOrEqual(20_000);
        for (const word of [...subjects, startedBy]) expect(word.length).toBeLessThanOrEqual(255);
        expect(subjects.length).toBeLessThanOrEqual(16);
      }),
    );
  });
});
