import type { Express } from 'express';
import path from 'node:path';
import type { Config } from '../platform/config.ts';
import { measurePools } from '../platform/poolMetrics.ts';
import { createPool, POOL_WAITS } from '../platform/postgres.ts';
import type { ProcessContext } from '../platform/process.ts';
import { openDoor } from '../domain/access/openDoor.ts';
import { createErasedUsers } from '../domain/users/erased.ts';
import { storeServed } from '../domain/serving/served.ts';
import { createServedLog } from '../domain/serving/servedLog.ts';
import { createServingApp } from './app.ts';
import { createServingMetrics } from './metrics.ts';
import type { Scorer, ScorerEvents } from './scoring/scorer.ts';
import type { PoolEvents } from './scoring/scoringProcesses.ts';

export type ServingSettings = Pick<Config, 'database' | 'access' | 'stateDir'> & Partial<Pick<Config, 'erasureKey'>>;
type ServingContext = Pick<ProcessContext, 'log' | 'metrics' | 'health'>;

/**
 * The model server's HTTP, the database that it reads names from and keeps answers in, and what scores for it.
 * @param startScorer given what is to be told
 */
export function connectServing(
  { database, access, stateDir, erasureKey }: ServingSettings,
  context: ServingContext,
  startScorer: (events: ScorerEvents & PoolEvents) => Scorer,
): { app: Express; close(): Promise<void> } {
  const { log } = context;
  const pool = createPool({ ...database, log, waits: POOL_WAITS.serving });
  measurePools(context.metrics, { serving: pool });
  const { door, close: closeDoor } = openDoor(access, pool, log);
  const erased = createErasedUsers(pool, erasureKey);
  const metrics = createServingMetrics(context.metrics);
  const served = createServedLog({
    folder: path.join(stateDir, 'served'),
    store: async (given) =>
      storeServed(pool, await erased.without(given, ({ user_id, served_at }) => ({ userId: user_id, at: served_at }))),
    log,
    onLost: (count) => metrics.countLost(count),
  });
  metrics.showWaiting(() => served.waitingBytes());
  const scorer = startScorer({
    onShadowServed: (answer) => served.write(answer),
    onShadow: (outcome) => metrics.countShadow(outcome),
    onChange: (change) => metrics.countChange(change),
    onEnded: (_pid, ending) => metrics.countEnded(ending),
    onRefused: (reason) => metrics.countRefused(reason),
  });
  metrics.showScorer(scorer);
  return {
    app: createServingApp({ ...context, ...door, pool, scorer, served, answerMetrics: metrics }),
    async close() {
      await scorer.close();
      await served.close();
      await closeDoor();
      await pool.end();
    },
  };
}
