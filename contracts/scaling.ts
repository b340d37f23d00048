import { z } from 'zod';

/** Services whose load is watched: a name that fits an id of a workflow and a label of a metric. Others are kept and not watched. */
export const WATCHED_SERVICE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
export const serviceNameSchema = z.string().regex(WATCHED_SERVICE, 'letters, digits and ._:-, at most 100');

/** What `systemHealthWatch` starts from. */
export const healthWatchInputSchema = z.strictObject({
  service: serviceNameSchema,
  look_seconds: z.number().int().min(1).max(3_600).default(10).describe('How often its samples are looked at'),
});
export type HealthWatchInput = z.input<typeof healthWatchInputSchema>;

/** `watched`: it has said of late that it has too much to do, not often enough. `calm`: nothing is left to watch. */
export interface HealthLook {
  readonly state: 'raised' | 'watched' | 'calm';
  readonly wanted: number;
}
export interface HealthWatchResult {
  /** How often it was looked at, by the last execution */
  readonly looks: number;
}

/** Signal of `systemHealthWatch`: the service has said that it has too much to do. */
export const OVERLOAD_SIGNAL = 'overload';

const time = z.iso.datetime();
export const scalingAlertSchema = z.object({
  raised_at: time,
  resolved_at: time.nullable(),
  wanted_replicas: z.number().int().describe('The last that was wanted while it was raised'),
  reason: z.string(),
  resolved_reason: z.string().nullable(),
});
export type ScalingAlert = z.infer<typeof scalingAlertSchema>;

export const scaledServiceSchema = z.object({
  service: z.string(),
  state: z.enum(['raised', 'calm']),
  wanted_replicas: z.number().int().describe('What an autoscaler reads'),
  reason: z.string().nullable(),
  raised_at: time.nullable(),
  last_sample_at: time.nullable().describe('Null of a service that has said nothing within a week'),
});
export type ScaledService = z.infer<typeof scaledServiceSchema>;
