import { z } from 'zod';
import { readMetricHistories, readMetricHistory, sampleMetricHistories, type HistoryPlace } from '../../domain/registry/metricHistory.ts';
import type { Database } from '../../platform/postgres.ts';
import { call, type MlflowCall } from './call.ts';
import { invalidParameter, missingValue } from './faults.ts';
import { LAST_KNOWN_MS, listOf, optionalNumber, requiredText, RUN_ID, text } from './fields.ts';
import { readPageToken, undecodable, writePageToken } from './pages.ts';
import { runIdOf } from './runs.ts';

const POINTS_OF_BULK = 25_000;
const POINTS_OF_SAMPLE = 2_500;
const USUAL_SAMPLE = 320;
const RUNS_OF_REQUEST = 100;

export const createMetricCalls = (db: Database): MlflowCall[] => [
  call({ method: 'get', path: '/metrics/get-history', role: 'viewer', request: historySchema, answer: (sent) => history(db, sent) }),
  call({
    method: 'get',
    path: '/metrics/get-history-bulk',
    role: 'viewer',
    request: z.object({ run_id: listOf(z.string()), metric_key: text, max_results: optionalNumber }),
    answer: async ({ run_id: runIds, metric_key: key, max_results: most = POINTS_OF_BULK }) => {
      checkRuns('GetMetricHistoryBulk', 'run_id', runIds);
      if (key === undefined) throw invalidParameter('GetMetricHistoryBulk request must specify a metric_key.');
      const limit = Math.max(0, Math.min(most, POINTS_OF_BULK));
      return { metrics: await readMetricHistories(db, { runIds, key, limit }) };
    },
  }),
  call({
    method: 'get',
    path: '/metrics/get-history-bulk-interval',
    role: 'viewer',
    request: intervalSchema,
    answer: (sent) => interval(db, sent),
  }),
];

const historySchema = z.object({ ...RUN_ID, metric_key: requiredText, max_results: optionalNumber, page_token: text });

async function history(db: Database, { metric_key: key, max_results: most, page_token: token, ...sent }: z.output<typeof historySchema>) {
  const runId = runIdOf(sent);
  if (most !== undefined && most <= 0)
    throw invalidParameter(`Invalid value ${most} for parameter 'max_results' supplied. It must be a positive integer.`);
  const query = ['history', runId, key];
  const place = readPageToken(token, query, ['bigint', 'bigint', 'text']);
  const points = await readMetricHistory(db, { runId, key, limit: most === undefined ? null : most + 1, after: place && placeOf(place) });
  const metrics = points.slice(0, most);
  const last = metrics.length < points.length ? metrics.at(-1)! : undefined;
  return {
    ...(metrics.length > 0 && { metrics }),
    ...(last && { next_page_token: writePageToken(query, [last.timestamp, last.step, last.value].map(String)) }),
  };
}

/** @throws MlflowFault for a place that is none */
function placeOf([timestamp, step, value]: readonly string[]): HistoryPlace {
  const isTime = Number(timestamp) >= 0 && Number(timestamp) <= LAST_KNOWN_MS;
  if (!isTime || (value !== 'NaN' && !Number.isFinite(Number(value)))) throw undecodable();
  return { timestamp: Number(timestamp), step: Number(step), value: value === 'NaN' ? value : Number(value) };
}

const intervalSchema = z.object({
  run_ids: listOf(z.string()),
  metric_key: requiredText,
  start_step: optionalNumber,
  end_step: optionalNumber,
  max_results: optionalNumber,
});

async function interval(db: Database, sent: z.output<typeof intervalSchema>) {
  const { run_ids: runIds, metric_key: key, start_step: start, end_step: end, max_results: most = USUAL_SAMPLE } = sent;
  checkRuns('GetMetricHistoryBulkInterval', 'run_ids', runIds);
  if (most < 1 || most > POINTS_OF_SAMPLE) throw invalidParameter(`max_results must be between 1 and ${POINTS_OF_SAMPLE}. Got ${most}`);
  if ((start === undefined) !== (end === undefined))
    throw invalidParameter('If either start step or end step are specified, both must be specified.');
  if (start !== undefined && start > end!)
    throw invalidParameter(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
  const metrics = await sampleMetricHistories(db, { runIds, key, points: most, steps: start === undefined ? null : [start, end!] });
  return metrics.length > 0 ? { metrics } : {};
}

function checkRuns(request: string, field: 'run_id' | 'run_ids', runIds: readonly string[]): void {
  if (runIds.length === 0)
    throw field === 'run_id' ? invalidParameter(`${request} request must specify at least one run_id.`) : missingValue(field);
  if (runIds.length > RUNS_OF_REQUEST)
    throw invalidParameter(
      `${request} request ${field === 'run_id' ? 'cannot specify more than' : 'must specify at most'} ${RUNS_OF_REQUEST} run_ids. ` +
        `Received ${runIds.length} run_ids.`,
    );
}
