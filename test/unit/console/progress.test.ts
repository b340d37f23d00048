import { expect, test } from '@jest/globals';
import { learningCurve, progressPhrases, shareDone } from '../../../console/pages/pipelines/progress.ts';
import { en } from '../../../console/pages/pipelines/words/en.ts';
import { ko } from '../../../console/pages/pipelines/words/ko.ts';
import { fill } from '../../../console/words/fill.ts';

const TRAINING = { epoch: 3, epochs: 30, loss: 0.286_215_012_899, samples_per_s: 111_653, eta_s: 121, validation_rmse: 0.912_345 };
const said = (progress: unknown, language: 'en' | 'ko' = 'en') =>
  progressPhrases(progress, (word, values) => fill({ en, ko }[language][word], values), language).join(' · ');

test('a training tells its epoch, loss, pace and what is left in words, in both languages', () => {
  expect(said(TRAINING)).toBe('epoch 3 of 30 · loss 0.2862 · validation RMSE 0.9123 · 111,653 samples a second · 2 m 01 s left');
  expect(said(TRAINING, 'ko')).toBe('에폭 3/30 · 손실 0.2862 · 검증 RMSE 0.9123 · 초당 샘플 111,653개 · 2분 01초 남음');
});

test('what waits, is read or asked is told in words too; what is not known is left out, and what has no words has its name', () => {
  expect(said({ waits_for: 'room on the training worker', before: 2 })).toBe('waits for room on its worker, 2 before it');
  expect(said({ users: 1_200, of: 6_040 })).toBe('1200 of 6040 users');
  const reading = { reading: 'ratings', rows: 81_000, rows_per_s: 9_000, bytes: 5, bytes_total: 10, eta_s: null };
  expect(said(reading)).toBe('81,000 rows, 9000 a second · 5 of 10 bytes · reading ratings');
  expect(said({ epoch: 1, epochs: 2, loss: null, samples_per_s: 5, eta_s: null })).toBe('epoch 1 of 2 · 5 samples a second');
  expect(said({ run_logs: 12_000, offsets: { 0: 1 } })).toBe('run logs 12,000 · offsets {"0":1}');
  expect([said(null), said('soon')]).toEqual(['', '']);
});

test('a bar shows how much is done where it is said of how much', () => {
  expect(shareDone(TRAINING)).toEqual({ done: 3, of: 30 });
  expect(shareDone({ page: 2, pages: 5, list: 'popular' })).toEqual({ done: 2, of: 5 });
  expect([shareDone({ bytes: 5, bytes_total: null }), shareDone(null)]).toEqual([undefined, undefined]);
});

test('the learning curve is made of what the step logged, also of one that has ended, and of the epoch that goes on', () => {
  const lines = [{}, { epoch: 1, loss: 0.9 }, { epoch: 2, loss: 0.8 }, { epoch: 2, loss: 0.7 }, { epoch: 3, loss: null }];
  const curve = [
    { x: 1, y: 0.9 },
    { x: 2, y: 0.7 }, // of a second attempt, which went on from the first epoch
  ];
  const logged = lines.map((fields) => ({ fields }));
  expect(learningCurve(logged, null)).toEqual(curve);
  expect(learningCurve(logged, { epoch: 3, loss: 0.6 })).toEqual([...curve, { x: 3, y: 0.6 }]);
});
