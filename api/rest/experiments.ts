import { experiments } from '../../contracts/endpoints/experiments.ts';
import { invalid } from '../../contracts/failures.ts';
import type { RunColumn } from '../../contracts/experiments.ts';
import { COLUMNS_OF_RUNS } from '../../contracts/sizes.ts';
import { compareRuns } from '../../domain/registry/comparedRuns.ts';
import { sampleMetricHistories } from '../../domain/registry/metricHistory.ts';
import { listLoggedNames, listRunTable, RUN_TABLE } from '../../domain/registry/runTable.ts';
import { placesOf } from '../../domain/registry/search.ts';
import type { Pool } from '../../platform/postgres.ts';
import { MlflowFault } from '../mlflow/faults.ts';
import { RUNS } from '../mlflow/filter/grammars.ts';
import { parseFilter } from '../mlflow/filter/parseFilter.ts';
import { parseOrder } from '../mlflow/filter/parseOrder.ts';
import { readPageToken, writePageToken } from '../mlflow/pages.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

/** Runs of experiments, by the filters and orders that MLflow's clients write. */
export const createExperimentEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(experiments.runs, async ({ query: { experiment = null, filter = '', sort = '', columns, limit, cursor } }) => {
    const query = ['run table', experiment, filter, sort];
    const orders = read('sort', () => parseOrder(RUNS, sort === '' ? [] : [sort]));
    const { next, ...page } = await listRunTable(pool, {
      experimentId: experiment,
      conditions: read('filter', () => parseFilter(RUNS, filter)),
      orders,
      columns: columns === undefined ? null : readColumns(columns),
      limit,
      after: read('cursor', () => readPageToken(cursor, query, placesOf(RUN_TABLE, orders))),
    });
    return { ...page, columns: [...page.columns], runs: [...page.runs], next_cursor: next && writePageToken(query, next) };
  }),
  endpoint(experiments.names, ({ query: { experiment = null } }) => listLoggedNames(pool, experiment)),
  endpoint(experiments.compare, ({ query: { runs } }) => compareRuns(pool, runs.split(','))),
  endpoint(experiments.curves, async ({ query: { runs, metric: key, points } }) => {
    const found = await sampleMetricHistories(pool, { runIds: runs.split(','), key, points, steps: null });
    const byRun = new Map<string, [number, (typeof found)[number]['value']][]>();
    for (const { run_id: id, step, value } of found) {
      const of = byRun.get(id) ?? [];
      of.push([step, value]);
      byRun.set(id, of);
    }
    return { curves: [...byRun].map(([run_id, of]) => ({ run_id, points: of })) };
  }),
];

/** What MLflow's grammar refuses, by the name that it has here. */
function read<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof MlflowFault ? invalid(field, error.message) : error;
  }
}

const KINDS: Readonly<Record<string, RunColumn['kind']>> = { metrics: 'metric', params: 'param', tags: 'tag' };

/** @throws Failure `invalid` */
export function readColumns(text: string): RunColumn[] {
  const parts = (text.match(/(?:\\[\s\S]|[^,\\])+/g) ?? []).map((part) => part.replace(/\\([\s\S])/g, '$1'));
  if (parts.length > COLUMNS_OF_RUNS) throw invalid('columns', `are ${parts.length}; ${COLUMNS_OF_RUNS} at most`);
  return parts.map((part) => {
    const [, group = '', name = ''] = /^(\w+)\.([\s\S]+)$/.exec(part) ?? [];
    const kind = KINDS[group];
    if (kind === undefined || name === '')
      throw invalid('columns', `${JSON.stringify(part)} is none; one begins with metrics., params. or tags.`);
    return { kind, name };
  });
}
