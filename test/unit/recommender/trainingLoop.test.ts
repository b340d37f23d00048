import { expect, test } from '@jest/globals';
import type { TrainingProgress } from '../../../contracts/training.ts';
import { runEpochs, type Batch, type Trainer } from '../../../domain/recommender/learning/trainingLoop.ts';
import { fitContext, memoryCheckpoints } from './training.ts';

const trainerOf = (batches: Batch[]): Trainer => ({ samplesPerEpoch: 4, trainEpoch: () => batches, state: {}, steps: { taken: 0 } });

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a loss of %d ends the training for good, with no checkpoint of it', async (loss) => {
  const checkpoints = memoryCheckpoints();
  const trainer = trainerOf([
    { samples: 2, loss: 0.5 },
    { samples: 2, loss },
  ]);
  await expect(runEpochs(trainer, 3, 'task', fitContext({ checkpoints }))).rejects.toMatchObject({
    type: 'NumericalFailure',
    message: `the loss is ${loss} in epoch 1; try a lower learning rate`,
  });
  expect(checkpoints.saved).toEqual([]);
});

test('progress names the epoch, the mean loss so far, the speed and the time left', async () => {
  const told: TrainingProgress[] = [];
  const trainer = trainerOf([
    { samples: 3, loss: 1 },
    { samples: 1, loss: 0.2 },
  ]);
  const { losses } = await runEpochs(trainer, 2, 'task', fitContext({ onProgress: (progress) => void told.push(progress) }));
  expect(losses).toEqual([0.8, 0.8]);
  expect(told.map(({ epoch, epochs, loss }) => ({ epoch, epochs, loss }))).toEqual([
    { epoch: 1, epochs: 2, loss: 0.8 },
    { epoch: 2, epochs: 2, loss: 0.8 },
  ]);
  expect(told[0]!.samples_per_s).toBeGreaterThan(0);
  expect(told[1]!.eta_s).toBe(0);
});
