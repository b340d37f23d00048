import { z } from 'zod';
import {
  decidePushBodySchema,
  driftConsequenceSchema,
  driftDecisionSchema,
  driftReportSchema,
  driftSummarySchema,
  pushSchema,
} from '../drift.ts';
import { integerQueryOr } from '../integerQuery.ts';
import { modelNameSchema } from '../models.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'drift';
const path = '/api/v1/drift';
const limit = integerQueryOr(50, 1, 200);
const query = z.strictObject({ model: modelNameSchema.optional(), limit });
const report = {
  method: 'get',
  path: `${path}/reports/:report_id`,
  tag,
  role: 'viewer',
  params: z.object({ report_id: z.uuid() }),
  problems: ['missing'],
} as const;

/** Whether what comes in still is what models learnt from, and what came of it where it is not. */
export const drift = {
  list: {
    method: 'get',
    path: `${path}/reports`,
    tag,
    summary: 'Drift reports, newest first, with what each says',
    role: 'viewer',
    query,
    answer: z.object({ reports: z.array(driftSummarySchema) }),
  },
  get: { ...report, summary: 'What was found in each column, and what could not be judged', answer: driftReportSchema },
  page: { ...report, path: `${report.path}.html`, summary: 'The same as a page to look at', media: 'text/html', answer: z.string() },
  consequence: {
    ...report,
    path: `${report.path}/consequence`,
    summary: 'What came of a report: its alert, and the training that this led to, or why there is none',
    answer: driftConsequenceSchema,
  },
  decisions: {
    method: 'get',
    path: `${path}/decisions`,
    tag,
    summary: 'Trainings that drift alerts led to, newest first, with what became of each',
    role: 'viewer',
    query,
    answer: z.object({ decisions: z.array(driftDecisionSchema) }),
  },
  pushes: {
    method: 'get',
    path: `${path}/pushes`,
    tag,
    summary: 'Movies that many new users chose who did next to nothing else; those that wait for a decision first',
    role: 'viewer',
    query: z.strictObject({ limit }),
    answer: z.object({ pushes: z.array(pushSchema) }),
  },
  decidePush: {
    method: 'post',
    path: `${path}/pushes/:push_id/decision`,
    tag,
    summary: 'Lets the choices of a push be learnt from, or keeps them out for good',
    role: 'operator',
    params: z.object({ push_id: z.uuid() }),
    body: decidePushBodySchema,
    answer: pushSchema,
    problems: ['missing', 'conflict'],
  },
} as const satisfies Record<string, EndpointDescription>;
