import { z } from 'zod';
import { integerQueryOr } from './integerQuery.ts';
import { plainText } from './text.ts';

/** Of an expression in Prometheus's own language. */
const EXPRESSION_CHARACTERS = 4_000;
/** A month back is as far as the started Prometheus keeps. */
const MOST_MINUTES = 31 * 24 * 60;
/** Lines of one graph; nobody tells more apart, and more would not be drawn in time. */
export const SERIES_AT_MOST = 50;
export const ROWS_SHOWN = 200;

export const graphQuerySchema = z.strictObject({
  query: plainText(EXPRESSION_CHARACTERS)
    .min(1)
    .describe("In Prometheus's own language; `$__rate_interval` stands for the window that fits the graph, as in Grafana"),
  minutes: integerQueryOr(60, 5, MOST_MINUTES).describe('How far back it begins'),
});

export const graphSchema = z.object({
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  step_s: z.number().int().describe('Seconds between two points'),
  series: z.array(
    z.object({
      labels: z.record(z.string(), z.string()),
      points: z
        .array(z.tuple([z.number(), z.number()]))
        .describe('Seconds since 1970, and the value; where there is none there is no point'),
    }),
  ),
  left_off: z.number().int().describe(`Series beyond ${SERIES_AT_MOST}`),
});
export type Graph = z.infer<typeof graphSchema>;

const TARGET_STATES = ['up', 'down', 'unknown'] as const;
const ALERT_STATES = ['pending', 'firing'] as const;

export const watchedSchema = z.object({
  prometheus: z.boolean().describe('Whether there is one to ask; without one the API tells its own figures alone'),
  targets: z.array(
    z.object({
      job: z.string(),
      service: z.string().nullable(),
      address: z.string(),
      state: z.enum(TARGET_STATES),
      error: z.string().nullable(),
      scraped_at: z.iso.datetime().nullable(),
    }),
  ),
  alerts: z.array(
    z.object({
      alert: z.string(),
      severity: z.string().nullable(),
      state: z.enum(ALERT_STATES).describe('`pending`: it holds, but not long enough yet'),
      summary: z.string().nullable(),
      since: z.iso.datetime(),
      labels: z.record(z.string(), z.string()),
    }),
  ),
});
export type Watched = z.infer<typeof watchedSchema>;

/** What the API tells of itself where nobody keeps what it measured. */
export const FIGURES = [
  'requests_total',
  'faults_total',
  'cpu_percent',
  'memory_used_bytes',
  'memory_size_bytes',
  'disk_free_bytes',
  'disk_size_bytes',
  'process_memory_bytes',
  'connections_active',
  'connections_idle',
  'requests_waiting',
] as const;
export type Figure = (typeof FIGURES)[number];
export const figuresSchema = z.object({ at: z.iso.datetime(), figures: z.partialRecord(z.enum(FIGURES), z.number()) });
