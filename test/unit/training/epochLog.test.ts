import { expect, test } from '@jest/globals';
import type { TrainingProgress } from '../../../contracts/training.ts';
import { createEpochLog } from '../../../domain/recommender/training/epochLog.ts';

const at = (epoch: number, loss: number | null, more: Partial<TrainingProgress> = {}): TrainingProgress => ({
  ...{ epoch, epochs: 3, loss, samples_per_s: 1000, eta_s: 9, ...more },
});

function told(progress: readonly TrainingProgress[], isOver: boolean) {
  const lines: unknown[] = [];
  const log = createEpochLog({ info: (fields: object, message: string) => void lines.push([message, fields]) } as never);
  for (const one of progress) log.add(one);
  if (isOver) log.end();
  return lines;
}

test('each epoch is logged once, as its end was; the last one when all is learnt', () => {
  const progress = [at(1, 0.9), at(1, 0.8), at(1, 0.7, { validation_rmse: 1.1 }), at(2, 0.6), at(2, 0.5)];
  const first = ['epoch ended', { epoch: 1, epochs: 3, loss: 0.7, samples_per_s: 1000, validation_rmse: 1.1 }];
  expect(told(progress, false)).toEqual([first]);
  expect(told(progress, true)).toEqual([first, ['epoch ended', { epoch: 2, epochs: 3, loss: 0.5, samples_per_s: 1000 }]]);
});

test('a model that learns in no epochs says nothing', () => {
  expect(told([], true)).toEqual([]);
});
