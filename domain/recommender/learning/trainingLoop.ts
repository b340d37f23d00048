import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { permanent } from '../../../contracts/failures.ts';
import type { ModelSpec } from '../../../contracts/models.ts';
import { createBest, type Best, type EarlyStopping } from './earlyStopping.ts';
import type { Interactions } from '../data/interactions.ts';
import type { FitContext } from '../model/model.ts';
import type { RandomState } from '../numeric/random.ts';
import { decodeSealed, encodeSealed, type Tensors } from '../numeric/safetensors.ts';

/** What a kind of model gives the loop: one pass over the data, batch by batch, and all the state that passes change. */
export interface Trainer {
  readonly samplesPerEpoch: number;
  /**
   * Every random choice of an epoch comes from the seed and its number alone, so a checkpoint between epochs needs no
   * random state beside that number.
   * @param from where to go on inside the epoch; given to a trainer alone whose batches say their position
   */
  trainEpoch(epoch: number, from?: Position): Iterable<Batch>;
  /** Weights and optimiser, live: restoring writes into these arrays. */
  readonly state: Tensors;
  readonly steps: { taken: number };
  /** Absent where there is nothing to judge by, or all epochs are to be learnt. */
  readonly earlyStopping?: EarlyStopping;
}

/** @property loss mean over the batch's samples */
export interface Batch {
  readonly samples: number;
  readonly loss: number;
  /** State of the random source after the batch; present where the kind can go on from inside an epoch. */
  readonly random?: RandomState;
}

/** Inside an epoch: the samples that were learnt from, and the state of its random source after them. */
export interface Position {
  readonly samples: number;
  readonly random: RandomState;
}

export interface LoopResult {
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
  readonly resumedFromEpoch: number | null;
}

const YIELD_EVERY_MS = 40;
const REPORT_EVERY_MS = 1_000;
const metadataSchema = z.object({
  task: z.string(),
  losses: z.string(),
  steps: z.string(),
  within: z.string().default('null'),
  judged: z.string().default('[]'),
});
const withinSchema = z.object({
  samples: z.number(),
  sum: z.number(),
  random: z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly(),
});

/**
 * Names a task, so that a checkpoint of another spec or of other data is not gone on from. How many epochs there are to be is no part of it: an
 * epoch does not know how many follow, so more can be added to what is trained already.
 */
export function taskOf(spec: ModelSpec, { userIndex, movieIndex, rating }: Interactions): string {
  const hash = createHash('sha256').update(JSON.stringify({ ...spec, epochs: undefined }));
  for (const column of [userIndex, movieIndex, rating]) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return hash.digest('hex');
}

/**
 * Runs the epochs that are left, going on from the checkpoint where there is one of the same task. With early stopping the weights are then those of
 * the best epoch.
 * @throws Failure `NumericalFailure` where a loss is not finite
 * @throws the signal's reason, soon after it is aborted
 */
export async function runEpochs(trainer: Trainer, epochs: number, task: string, context: FitContext): Promise<LoopResult> {
  const best = trainer.earlyStopping && createBest(trainer.earlyStopping);
  const { losses, within } = await resume(trainer, best, task, epochs, context);
  const resumedFromEpoch = losses.length > 0 || within ? losses.length : null;
  const pace = createPace(trainer, epochs, losses.length, context);
  const save = createSaving(trainer, best, task, losses, context);
  let from = within;
  while (losses.length < epochs && !best?.isStuck()) {
    const epoch = losses.length + 1;
    let { sum, samples } = from ?? { sum: 0, samples: 0 };
    for (const batch of trainer.trainEpoch(epoch, from)) {
      if (!Number.isFinite(batch.loss))
        throw permanent('NumericalFailure', `the loss is ${batch.loss} in epoch ${epoch}; try a lower learning rate`);
      sum += batch.loss * batch.samples;
      samples += batch.samples;
      await save.within({ samples, sum, random: batch.random });
      await pace.afterBatch(epoch, batch.samples, sum / samples);
    }
    from = undefined;
    losses.push(sum / samples);
    pace.report(epoch, sum / samples, best && { [`validation_${best.metric.name}`]: await best.judge() });
    await save.epoch();
    context.signal.throwIfAborted();
  }
  best?.restore();
  return { losses, resumedFromEpoch };
}

type Within = z.infer<typeof withinSchema>;

/** Keeps a checkpoint of each epoch, and inside one that is long where the trainer can go on from there. */
function createSaving(
  trainer: Trainer,
  best: Best | undefined,
  task: string,
  losses: number[],
  { checkpoints, checkpointEveryMs = Infinity }: FitContext,
) {
  let savedAt = performance.now();
  const save = async (within: Within | null) => {
    await checkpoints.save(encodeCheckpoint(trainer, best, task, losses, within));
    savedAt = performance.now();
  };
  return {
    epoch: () => save(null),
    async within({ random, ...at }: Omit<Within, 'random'> & { random: RandomState | undefined }) {
      if (random && performance.now() - savedAt >= checkpointEveryMs) await save({ ...at, random });
    },
  };
}

/** Lets the event loop run, looks for an abort, and says how far it is. */
function createPace({ samplesPerEpoch }: Trainer, epochs: number, doneBefore: number, { signal, onProgress }: FitContext) {
  const startedAt = performance.now();
  let yieldedAt = startedAt;
  let reportedAt = startedAt;
  let trained = 0;
  const report = (epoch: number, loss: number, judged?: object) => {
    reportedAt = performance.now();
    const samplesPerS = trained / ((reportedAt - startedAt) / 1000);
    const left = (epochs - doneBefore) * samplesPerEpoch - trained;
    const eta = Math.round((left / samplesPerS) * 10) / 10;
    onProgress({ epoch, epochs, loss, samples_per_s: Math.round(samplesPerS), eta_s: eta, ...judged });
  };
  const afterBatch = async (epoch: number, samples: number, loss: number) => {
    trained += samples;
    if (performance.now() - yieldedAt < YIELD_EVERY_MS) return;
    await setImmediate();
    signal.throwIfAborted();
    yieldedAt = performance.now();
    if (yieldedAt - reportedAt >= REPORT_EVERY_MS) report(epoch, loss);
  };
  return { afterBatch, report };
}

/** @returns the losses of the epochs that are done, and how far the next one is */
async function resume(
  trainer: Trainer,
  best: Best | undefined,
  task: string,
  epochs: number,
  { checkpoints, signal, onLostCheckpoint }: FitContext,
): Promise<{ losses: number[]; within?: Within }> {
  signal.throwIfAborted();
  const saved = await checkpoints.load();
  const opened = saved && openCheckpoint(saved, onLostCheckpoint);
  if (!opened) return { losses: [] };
  const { tensors, metadata } = opened;
  const checkpoint = metadataSchema.parse(metadata);
  const losses = z.array(z.number()).parse(JSON.parse(checkpoint.losses));
  const within = withinSchema.nullable().parse(JSON.parse(checkpoint.within));
  const judged = z.array(z.number()).parse(JSON.parse(checkpoint.judged));
  const isFurther = losses.length > epochs || (losses.length === epochs && within !== null);
  if (checkpoint.task !== task || isFurther) return { losses: [] };
  for (const [name, { values }] of Object.entries(trainer.state)) values.set(tensors[name]!.values);
  best?.resume(judged, tensors);
  trainer.steps.taken = Number(checkpoint.steps);
  return { losses, ...(within && { within }) };
}

/** Null where it is not what was saved: what it held is learnt again. */
function openCheckpoint(saved: Uint8Array, onLost: FitContext['onLostCheckpoint']) {
  try {
    return decodeSealed(saved);
  } catch (error) {
    onLost?.(error as Error);
    return null;
  }
}

function encodeCheckpoint({ state, steps }: Trainer, best: Best | undefined, task: string, losses: number[], within: Within | null) {
  const metadata = {
    task,
    losses: JSON.stringify(losses),
    steps: String(steps.taken),
    within: JSON.stringify(within),
    judged: JSON.stringify(best?.judged ?? []),
  };
  return encodeSealed({ ...state, ...best?.kept }, metadata);
}
