import { z } from 'zod';
import { integerQuery, integerQueryOr } from '../integerQuery.ts';
import {
  runDetailSchema,
  runLogLineSchema,
  runPageSchema,
  runSchema,
  runStateSchema,
  retryBodySchema,
  startRunBodySchema,
} from '../runs.ts';
import { CURSOR_CHARACTERS } from '../sizes.ts';
import { WORKFLOW_TYPES } from '../workflows.ts';
import { NO_CONTROL } from '../text.ts';
import { fillPath, type EndpointDescription } from './endpoint.ts';
import { runParams, runParamsOf } from './runParams.ts';

const name = z.string().min(1).max(100).regex(NO_CONTROL, 'no control characters').optional();

const listQuery = z.strictObject({
  workflow: z.enum(WORKFLOW_TYPES).optional(),
  state: runStateSchema.optional(),
  step: name.describe('Runs that did this step, whatever their workflow, such as bring_online: its own, or one of its parts'),
  part: name.describe('Of that step, or of any: the part of the work, such as a feature view'),
  limit: integerQueryOr(50, 1, 200),
  cursor: z.string().max(CURSOR_CHARACTERS).meta({ pattern: '^[A-Za-z0-9_-]+$' }).optional().describe('`next_cursor` of the page before'),
});

const logsQuery = z.strictObject({
  step: name,
  subject: name,
  attempt: integerQuery(1, 1_000_000).optional(),
  after: integerQueryOr(0, 0, 10_000_000).describe('Lines to pass over: as many as were read'),
  limit: integerQueryOr(500, 1, 1_000),
});

const tag = 'runs';
const path = '/api/v1/runs';
const one = { path: `${path}/:subject/:run`, tag, params: runParams, problems: ['missing'] } as const;

/** Starting workflows, reading what they did, cancelling them. */
export const runs = {
  start: {
    method: 'post',
    path,
    tag,
    role: 'operator',
    summary: 'Starts a workflow',
    body: startRunBodySchema,
    status: 202,
    answer: runDetailSchema,
    problems: ['missing', 'conflict'],
  },
  list: { method: 'get', path, tag, role: 'viewer', summary: 'Runs, newest first', query: listQuery, answer: runPageSchema },
  get: { ...one, method: 'get', role: 'viewer', summary: 'A run with every attempt of its steps', answer: runDetailSchema },
  logs: {
    ...one,
    method: 'get',
    path: `${one.path}/logs`,
    role: 'viewer',
    summary: "Log lines of a run's steps",
    query: logsQuery,
    answer: z.object({ lines: z.array(runLogLineSchema) }),
  },
  retry: {
    ...one,
    method: 'post',
    path: `${one.path}/retry`,
    role: 'operator',
    summary: 'Sets a run back to before one of its steps: it goes on from there, and what came after that step is done again',
    body: retryBodySchema,
    status: 202,
    answer: runSchema,
    problems: ['missing', 'conflict'],
  },
  cancel: {
    ...one,
    method: 'post',
    path: `${one.path}/cancel`,
    role: 'operator',
    summary: 'Asks a run to stop',
    status: 202,
    answer: runSchema,
    problems: ['missing', 'conflict'],
  },
} as const satisfies Record<string, EndpointDescription>;

/** Where a run is read. */
export const pathOfRun = (runId: string): string => fillPath(runs.get.path, runParamsOf(runId));
