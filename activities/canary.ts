import type { CanaryLook, CanaryOutcome, CanaryPlan, CanaryStop, RolloutRef } from '../contracts/canary.ts';
import { beginStage, endRollout, findRolloutRoute, lookAtStage, openRollout, promoteRollout } from '../domain/canary/advance.ts';
import type { Pool } from '../platform/postgres.ts';

/** Each may be tried again, or be killed after it was done: once is what it changes. */
export const createCanaryActivities = ({ pool }: { pool: Pool }) => ({
  /** The route that a version of the model is rolled out on; null where none asks its champion. */
  findRolloutRoute: ({ model }: { model: string }): Promise<string | null> => findRolloutRoute(pool, model),

  openCanary: (input: RolloutRef & CanaryPlan): Promise<void> => openRollout(pool, input),

  setCanaryStage: ({ rollout_id, stage }: RolloutRef & { stage: number }): Promise<CanaryStop> => beginStage(pool, rollout_id, stage),

  async judgeCanary(input: RolloutRef & { stage: number; watched_ms: number; paused: boolean }): Promise<CanaryLook> {
    const startedAt = performance.now();
    const look = await lookAtStage(pool, input);
    return { ...look, took_ms: Math.round(performance.now() - startedAt) };
  },

  promoteCanary: ({ rollout_id }: RolloutRef): Promise<CanaryStop> => promoteRollout(pool, rollout_id),

  endCanary: ({ rollout_id, outcome, reason }: RolloutRef & { outcome: CanaryOutcome; reason: string }): Promise<void> =>
    endRollout(pool, rollout_id, outcome, reason),
});

export type CanaryActivities = ReturnType<typeof createCanaryActivities>;
