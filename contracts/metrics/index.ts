import { API } from './api.ts';
import { CONTROL } from './control.ts';
import type { MetricDefinitions } from './definition.ts';
import { EVERY_PROCESS } from './everyProcess.ts';
import { EVERY_WORKER } from './everyWorker.ts';
import { INGEST } from './ingest.ts';
import { SERVING } from './serving.ts';
import { TRAINING } from './training.ts';

/** All that each process shows beside what all of them, and what all workers, do; by what it is of. */
export const METRICS = {
  'every process': EVERY_PROCESS,
  'every worker': EVERY_WORKER,
  api: API,
  serving: SERVING,
  'worker-control': CONTROL,
  'worker-training': TRAINING,
  'worker-ingest': INGEST,
} as const satisfies Readonly<Record<string, Readonly<Record<string, MetricDefinitions>>>>;
