import { z } from 'zod';

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
