import { z } from 'zod';
import { settingsOf, share } from './settings.ts';

const above0 = (fallback: number, purpose: string) => z.coerce.number().gt(0).default(fallback).describe(purpose);
const whole = (fallback: number, most: number, purpose: string) =>
  z.coerce.number().int().min(1).max(most).default(fallback).describe(purpose);

export const SCALING_SETTINGS = settingsOf(
  {
    HEALTH_CPU_LIMIT: above0(80, 'Percent of one core beyond which a service has too much to do'),
    HEALTH_MEMORY_LIMIT: above0(85, 'Percent of memory beyond which it has'),
    HEALTH_RESPONSE_MS_LIMIT: above0(1_000, 'Response time beyond which it has'),
    HEALTH_HIGH_SAMPLES: whole(3, 100, 'So many samples beyond a limit among the latest HEALTH_OF_SAMPLES raise a scaling alert'),
    HEALTH_OF_SAMPLES: whole(5, 100, 'Samples that are looked at'),
    HEALTH_WINDOW_S: whole(120, 86_400, 'Samples older than this raise nothing; wanted replicas grow no sooner than this again'),
    HEALTH_LOW_SHARE: share(0.6, 'Of each limit; below it a service is calm'),
    HEALTH_CALM_S: whole(300, 86_400, 'So long a service has to be calm before fewer replicas are wanted'),
    HEALTH_LOOK_S: whole(10, 3_600, 'How often a service that has too much to do is looked at'),
    SCALING_TARGET_SHARE: z.coerce.number().gt(0).max(1).default(0.7).describe('Of each limit, that a replica is to have to do'),
    SCALING_MIN_REPLICAS: whole(1, 10_000, 'Wanted of a service that is calm'),
    SCALING_MAX_REPLICAS: whole(10, 10_000, 'Wanted at most'),
  },
  (env) => ({
    limits: { cpu: env.HEALTH_CPU_LIMIT, memory: env.HEALTH_MEMORY_LIMIT, responseMs: env.HEALTH_RESPONSE_MS_LIMIT },
    highSamples: env.HEALTH_HIGH_SAMPLES,
    ofSamples: env.HEALTH_OF_SAMPLES,
    windowS: env.HEALTH_WINDOW_S,
    lowShare: env.HEALTH_LOW_SHARE,
    calmS: Math.max(env.HEALTH_CALM_S, env.HEALTH_WINDOW_S), // what raised an alert is none of the calm that resolves it
    lookS: env.HEALTH_LOOK_S,
    targetShare: env.SCALING_TARGET_SHARE,
    minReplicas: env.SCALING_MIN_REPLICAS,
    maxReplicas: env.SCALING_MAX_REPLICAS,
  }),
);
export type ScalingSettings = Readonly<ReturnType<typeof SCALING_SETTINGS.read>>;
