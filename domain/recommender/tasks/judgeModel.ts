import type { GateSettings } from '../../../contracts/gate.ts';
import type { DatasetRef, ModelRef, ReportRef } from '../../../contracts/training.ts';
import { keepReport } from '../evaluation/report/keepReport.ts';
import type { TaskContext } from './context.ts';

interface EvaluateInput {
  readonly dataset: DatasetRef;
  readonly model: ModelRef;
  readonly settings: GateSettings;
  readonly folder: string;
}

/** Judges a model, with popularity and the present champion beside it on the same questions. */
export async function judgeModel({ pool, blobs, tensorflow, signal }: TaskContext, input: EvaluateInput): Promise<ReportRef> {
  const { tf } = await tensorflow();
  return keepReport({ db: pool, blobs, tf, signal }, input);
}
