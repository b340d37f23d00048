import { z } from 'zod';
import { SYSTEM_PARTS } from './systemCheck.ts';

const SETTING_SOURCES = ['default', 'environment', 'file'] as const;

/** A variable of the environment as a process has it. */
export const settingSchema = z.object({
  name: z.string(),
  purpose: z.string(),
  source: z.enum(SETTING_SOURCES).describe('environment: that of the process, or `.env`; file: the one that <name>_FILE names'),
  is_secret: z.boolean(),
  is_set: z.boolean(),
  value: z.string().nullable().describe('In force; null of a secret, and where there is none. Passwords in addresses are left out'),
});
export type Setting = z.infer<typeof settingSchema>;

export const versionsSchema = z.object({
  version: z.string(),
  release: z.string().describe('The version, and of what it was built'),
  schema_version: z.number().int().nullable().describe('Number of the newest migration; null where Postgres is away'),
  node: z.string(),
  started_at: z.iso.datetime().describe('When this process of the API did'),
  engines: z.array(
    z.object({
      name: z.string(),
      version: z.string().nullable().describe('null where it is away, or does not tell'),
    }),
  ),
});
export type Versions = z.infer<typeof versionsSchema>;

const PROCESS_STATES = ['ok', 'unwell', 'away', 'unknown'] as const;
const KNOWN_BY = ['itself', 'queue', 'group'] as const;

export const processStateSchema = z.object({
  name: z.string().describe('As `mlops status` names it; of an engine, as `/health` of the API does'),
  kind: z.enum(['process', 'engine']),
  state: z.enum(PROCESS_STATES).describe('unwell: it answers, and lacks what it needs; unknown: nobody who was asked can tell'),
  known_by: z
    .enum(KNOWN_BY)
    .nullable()
    .describe("itself: it was asked; queue: by the polls of Temporal's task queue; group: by the members of Kafka's consumer group"),
  lacks: z.array(z.string()).describe('What it says that it needs and has not'),
  detail: z.string().describe('What it said, or why it did not'),
  release: z.string().nullable().describe('null where it does not tell'),
  started_at: z.iso.datetime().nullable().describe('null where it does not tell'),
  seen_at: z.iso.datetime().nullable().describe('When it last gave a sign of life, where that is known'),
});
export type ProcessState = z.infer<typeof processStateSchema>;

export const platformStateSchema = z.object({
  asked_at: z.iso.datetime(),
  systems: z.array(
    z.object({
      system: z.string().describe('Number and name of one of the nine, as the guide has them'),
      part: z.enum(SYSTEM_PARTS),
      state: z
        .enum(['ok', 'unwell', 'failed', 'absent', 'unknown'])
        .describe(
          'unwell: all that it is made of answers, and lacks something; failed: something of it is away; absent: it is not installed here; unknown: it is not asked now, and no full check has said',
        ),
      lacks: z.array(z.string()).describe('The processes and engines of it that are away, and what those that answer lack'),
      answer: z.string(),
      is_live: z.boolean().describe('Whether it was so now; else at the latest full check'),
      told_at: z.iso.datetime().nullable().describe('When it was so; null where nobody knows'),
    }),
  ),
  processes: z.array(processStateSchema),
});
export type PlatformState = z.infer<typeof platformStateSchema>;
