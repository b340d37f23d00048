import { ABORT_SIGNAL, type Canary, type CanaryInput } from '../../contracts/canary.ts';
import { canaries } from '../../contracts/endpoints/canaries.ts';
import { conflict, missing } from '../../contracts/failures.ts';
import { canaryId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { checkRollout } from '../../domain/canary/advance.ts';
import { findRunning, listRollouts } from '../../domain/canary/rollouts.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export function createCanaryEndpoints({ pool, runs }: Pick<ApiDeps, 'pool' | 'runs'>): Endpoint[] {
  async function latestOn(route: string): Promise<Canary> {
    const [latest] = await listRollouts(pool, { route, limit: 1 });
    if (!latest) throw missing(`there was no rollout on route ${route}`);
    return latest;
  }

  async function tell(route: string, signal: string, ...args: unknown[]): Promise<Canary> {
    const latest = await latestOn(route);
    if (latest.state === 'running' && (await runs.signal(latest.run_id, signal, ...args)) === 'told') return latest;
    throw conflict(`the rollout of ${latest.model}/${latest.version} on route ${route} has ended (${latest.state})`);
  }

  return [
    endpoint(canaries.start, async ({ body, principal }) => {
      // Where one goes on, its workflow says so; one that was ended from outside is tidied up by the next.
      if (!(await findRunning(pool, body.route))) await checkRollout(pool, body);
      const runId = canaryId(body.route);
      const started = await runs.startAgain('canaryRollout', runId, {
        taskQueue: TASK_QUEUES.control,
        input: body satisfies CanaryInput,
        startedBy: principal.name,
      });
      if (started === 'exists') throw await runsAlready(runId, body.route);
      return { run_id: runId, rollout_id: started.execution };
    }),
    endpoint(canaries.list, async ({ query }) => ({ canaries: await listRollouts(pool, query) })),
    endpoint(canaries.get, ({ params: { route } }) => latestOn(route)),
    endpoint(canaries.pause, ({ params: { route } }) => tell(route, 'pause')),
    endpoint(canaries.resume, ({ params: { route } }) => tell(route, 'resume')),
    endpoint(canaries.abort, ({ params: { route }, body }) => tell(route, ABORT_SIGNAL, body)),
  ];

  async function runsAlready(runId: string, route: string) {
    const running = await findRunning(pool, route);
    const what = running
      ? `: ${running.model}/${running.version}, at stage ${(running.stage ?? 0) + 1} of ${running.plan.stages.length}`
      : '';
    return conflict(`${runId} runs already${what}; abort it, or wait for its end`);
  }
}
