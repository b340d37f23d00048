import { z } from 'zod';
import { comparedRunsSchema, curvesSchema, loggedNamesSchema, runTableSchema } from '../experiments.ts';
import { integerQueryOr } from '../integerQuery.ts';
import { COLUMNS_OF_RUNS, RUNS_COMPARED, RUNS_OF_PAGE } from '../sizes.ts';
import { plainText } from '../text.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'experiments';
const path = '/api/v1/experiments';
const experiment = z
  .string()
  .regex(/^\d{1,18}$/, 'the id of an experiment')
  .optional()
  .describe('Its id; of every experiment when missing');
const RUN_ID = '[0-9a-f]{32}';
const runs = z
  .string()
  .max(RUNS_COMPARED * 33)
  .regex(new RegExp(`^${RUN_ID}(,${RUN_ID})*$`), 'ids of runs, comma separated')
  .describe(`Ids, comma separated, ${RUNS_COMPARED} at most`);

const listQuery = z.strictObject({
  experiment,
  filter: plainText(4_000)
    .optional()
    .describe("As MLflow writes it: metrics.rmse < 0.9 and params.factors = '64' and attributes.status = 'FINISHED'"),
  sort: plainText(300).optional().describe('As MLflow writes it: metrics.`rmse` DESC; newest first when missing'),
  columns: plainText(COLUMNS_OF_RUNS * 300)
    .optional()
    .describe(`metrics.rmse,params.factors,tags.backend: ${COLUMNS_OF_RUNS} at most; \`\\\` before a comma in a name`),
  limit: integerQueryOr(200, 1, RUNS_OF_PAGE),
  cursor: z.string().max(20_000).meta({ pattern: '^[A-Za-z0-9_-]+$' }).optional().describe('`next_cursor` of the page before'),
});

/** What trainings and clients logged: their runs as a table, beside one another, and how their metrics went. */
export const experiments = {
  runs: {
    method: 'get',
    path: `${path}/runs`,
    tag,
    role: 'viewer',
    summary: 'Runs that were logged, filtered and sorted, with their values in the columns asked for',
    query: listQuery,
    answer: runTableSchema,
  },
  names: {
    method: 'get',
    path: `${path}/names`,
    tag,
    role: 'viewer',
    summary: 'Names of metrics, parameters and tags of the newest runs',
    query: z.strictObject({ experiment }),
    answer: loggedNamesSchema,
  },
  compare: {
    method: 'get',
    path: `${path}/runs/compare`,
    tag,
    role: 'viewer',
    summary: 'Whole runs beside one another',
    query: z.strictObject({ runs }),
    answer: comparedRunsSchema,
    problems: ['missing'],
  },
  curves: {
    method: 'get',
    path: `${path}/runs/curves`,
    tag,
    role: 'viewer',
    summary: 'How one metric went by step in each of some runs',
    query: z.strictObject({
      runs,
      metric: plainText(250).min(1),
      points: integerQueryOr(200, 2, 1_000).describe('Of each run at most, spread evenly; the first and the last are among them'),
    }),
    answer: curvesSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
