import express, { type Router } from 'express';
import { countRuns } from '../../domain/runs/findRuns.ts';
import { requireRole } from '../../platform/http/access.ts';
import type { ApiDeps } from '../deps.ts';
import { airflowState } from './dagRun.ts';
import { DAG_STATES, dagIdOf, workflowsOf } from './names.ts';
import { listOf, type Query } from './query.ts';

/** Health as Airflow tells it, to anyone: Postgres is its metadata database, Temporal its scheduler. */
export function healthRoutes({ health }: Pick<ApiDeps, 'health'>): Router {
  return express.Router().get(['/health', '/api/v1/health'], async (_req, res) => {
    const { postgres, temporal } = (await health.readiness()).dependencies;
    const statusOf = (dependency: { ok: boolean } | undefined) => (dependency?.ok ? 'healthy' : 'unhealthy');
    const heartbeat = temporal?.ok ? new Date().toISOString() : null;
    res.json({
      metadatabase: { status: statusOf(postgres) },
      scheduler: { status: statusOf(temporal), latest_scheduler_heartbeat: heartbeat },
      triggerer: { status: null, latest_triggerer_heartbeat: null },
      dag_processor: { status: null, latest_dag_processor_heartbeat: null },
    });
  });
}

/** The version of Airflow whose API this is, how many runs there are, and that no DAG file is broken. */
export function monitoringRoutes({ pool }: Pick<ApiDeps, 'pool'>): Router {
  const router = express.Router();
  router.get('/version', (_req, res) => void res.json({ version: '2.10.0', git_version: null }));
  router.get('/importErrors', requireRole('viewer'), (_req, res) => void res.json({ import_errors: [], total_entries: 0 }));
  router.get('/dagStats', requireRole('viewer'), async (req, res) => {
    const dagIds = listOf(req.query as Query, 'dag_ids').flatMap((ids) => ids.split(','));
    const workflows = [...new Set(dagIds.flatMap((dagId) => workflowsOf(dagId)))];
    const counts = await countRuns(pool, workflows);
    const dags = workflows.map((workflow) => ({
      dag_id: dagIdOf(workflow),
      stats: DAG_STATES.map((state) => ({
        state,
        count: counts
          .filter((count) => count.workflow === workflow && airflowState(count.state) === state)
          .reduce((sum, { runs }) => sum + runs, 0),
      })),
    }));
    res.json({ dags, total_entries: dags.length });
  });
  return router;
}
