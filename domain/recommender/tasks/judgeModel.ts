import type { ReportRef } from '../../../contracts/training.ts';
import { keepReport, type Evaluated } from '../evaluation/report/keepReport.ts';
import type { TaskContext } from './context.ts';

/** Judges a model, with popularity and the present champion beside it on the same questions. */
export async function judgeModel({ pool, blobs, tensorflow, signal, onProgress }: TaskContext, input: Evaluated): Promise<ReportRef> {
  const { tf } = await tensorflow();
  return keepReport({ db: pool, blobs, tf, signal, onAsked: onProgress }, input);
}
