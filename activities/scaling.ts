import type { HealthLook } from '../contracts/scaling.ts';
import type { ScalingSettings } from '../contracts/settings/scaling.ts';
import { lookAtService } from '../domain/scaling/watch.ts';
import type { Pool } from '../platform/postgres.ts';

export const createScalingActivities = ({ pool, settings }: { pool: Pool; settings: ScalingSettings }) => ({
  lookAtHealth: ({ service }: { service: string }): Promise<HealthLook> => lookAtService(pool, service, settings),
});

export type ScalingActivities = ReturnType<typeof createScalingActivities>;
