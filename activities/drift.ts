import type { DriftPlan, JudgingSettings, JudgedModel } from '../contracts/drift.ts';
import type { ModelName } from '../contracts/models.ts';
import { listChampions } from '../domain/drift/championOf.ts';
import { closeDecision, openDecision, type ClosedDecision, type OpenedDecision } from '../domain/drift/decisions.ts';
import { findByRun, keepReport } from '../domain/drift/keepReport.ts';
import { makeReport } from '../domain/drift/makeReport.ts';
import { renderDriftPage } from '../domain/drift/reportPage.ts';
import { holdPushes } from '../domain/pushes/pushes.ts';
import { runFolder } from '../domain/recommender/training/modelFiles.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { currentWorkflowId } from '../platform/temporal/activity.ts';

const DAY_MS = 86_400_000;

export interface JudgeDriftInput extends Omit<DriftPlan, 'models'> {
  readonly name: ModelName;
  readonly version: string;
  readonly settings: JudgingSettings;
}

export function createDriftActivities({ pool, blobs, log }: { pool: Pool; blobs: BlobStore; log: Logger }) {
  return {
    /** Which champions are looked at, and over which whole days. What looks like a push is held before, so that the reports tell of it. */
    async planDrift({
      models,
      until,
      window_days,
    }: {
      models?: readonly ModelName[] | undefined;
      until: string;
      window_days: number;
    }): Promise<DriftPlan> {
      await holdPushes(pool);
      const to = Math.floor(Date.parse(until) / DAY_MS) * DAY_MS;
      return {
        models: await listChampions(pool, models),
        from: new Date(to - window_days * DAY_MS).toISOString(),
        to: new Date(to).toISOString(),
      };
    },

    /** Tried again it finds the report that it made. */
    async judgeDrift({ name, version, from, to, settings }: JudgeDriftInput): Promise<JudgedModel> {
      const runId = currentWorkflowId();
      const kept = (await findByRun(pool, runId, name)) ?? (await makeAndKeep());
      const { report_id, model_name, drifted, alert, verdict } = kept;
      log.info({ name, version, report_id, drifted, alert, ...verdict }, 'drift judged');
      return { report_id, model_name, drifted, alert };

      async function makeAndKeep() {
        const made = await makeReport(
          { pool, blobs },
          { runId, name, version, window: { from: Date.parse(from), to: Date.parse(to) }, settings },
        );
        const folder = `${runFolder(runId)}/${name}`;
        await blobs.put(`${folder}/drift.json`, Buffer.from(`${JSON.stringify(made)}\n`));
        return keepReport(pool, made, await blobs.put(`${folder}/drift.html`, Buffer.from(renderDriftPage(made))));
      }
    },

    openDriftDecision: (decision: OpenedDecision): Promise<number> => openDecision(pool, decision),
    closeDriftDecision: (decision: ClosedDecision): Promise<void> => closeDecision(pool, decision),
  };
}

export type DriftActivities = ReturnType<typeof createDriftActivities>;
