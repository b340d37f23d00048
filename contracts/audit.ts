import { z } from 'zod';
import { integerQueryOr } from './integerQuery.ts';
import { ID_CHARACTERS, TIME_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';

const AUDIT_KINDS = ['asked', 'changed', 'answered'] as const;
const auditIdText = z.string().regex(/^[1-9]\d{0,14}$/, 'the number of an entry');
const time = z.iso.datetime({ offset: true }).max(TIME_CHARACTERS);

export const auditQuerySchema = z.strictObject({
  who: plainText(ID_CHARACTERS).optional().describe('In whose name'),
  key_id: plainText(ID_CHARACTERS).optional().describe('Of an issued key'),
  kind: z.enum(AUDIT_KINDS).optional(),
  target: plainText(1_000).optional().describe('What was changed, from its beginning, such as `model_aliases/ials/`'),
  request: auditIdText.optional().describe('All of one request, by the number of its first entry'),
  since: time.optional(),
  until: time.optional(),
  cursor: auditIdText.optional().describe('`next_cursor` of the page before'),
  limit: integerQueryOr(100, 1, 1_000),
});
export type AuditQuery = z.output<typeof auditQuerySchema>;

export const auditEntrySchema = z.object({
  audit_id: z.string(),
  happened_at: z.iso.datetime(),
  kind: z
    .enum(AUDIT_KINDS)
    .describe('A request that may change something has come; something has changed; the request was answered, or is over in another way'),
  request: z.string().nullable().describe('The number of the entry that asked; null of what no request changed, but a run'),
  who: z.string(),
  key_id: z.string().nullable(),
  role: z.string().nullable(),
  what: z.string().describe('Such as `PUT /api/v1/routes/:route`, `insert route_revisions`, `pause schedule`'),
  target: z.string(),
  before: z.unknown().describe('Of a change: the fields that it changed, or all of what went'),
  after: z.unknown(),
  status: z.number().int().nullable().describe('Of the answer'),
  request_id: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditPageSchema = z.object({ entries: z.array(auditEntrySchema), next_cursor: z.string().nullable() });
