import path from 'node:path';
import { z } from 'zod';
import { METRICS } from '../../contracts/metrics/index.ts';
import type { MetricDefinition } from '../../contracts/metrics/definition.ts';
import { locateMonitor } from '../../deploy/local/monitoring/programs.ts';
import { DEFAULT_PORTS, readConfig } from '../../platform/config.ts';
import { guideBlocks, runBlock } from '../guide/commands.ts';
import { createStackSettings, startStack, waitForOutput } from '../support/stack.ts';
import { waitFor } from '../support/waitFor.ts';
import { checkPanels } from './panels.ts';
import type { Step } from './steps.ts';
import { createTraffic } from './traffic.ts';

const PATIENCE = { timeoutMs: 90_000, everyMs: 1_000 };
/** As the guide prints them. */
const QUERIES = [
  'system_cpu_usage_percent',
  'rate(http_requests_total[1m])',
  'histogram_quantile(0.95, rate(model_prediction_duration_seconds_bucket[1m]))',
  'rate(http_requests_total{status=~"5.."}[5m]) / rate(http_requests_total[5m])',
  'database_connections_active',
];
/** What shows that the way from the code to Prometheus is whole, each with where it comes from. */
const ALSO = [
  'model_accuracy{metric="full_ndcg_at_10"}',
  'workflow_runs_ended_total{workflow="movieTrainingPipeline", state="success"} > 0',
  'workflow_steps_total > 0',
  'task_queue_pollers{queue="control"} > 0',
  'temporal_worker_task_slots_available > 0',
  'temporal_workflow_completed_total > 0',
  'loop_turns_total{loop="outbox relay"} > 0',
  'feature_view_age_seconds > 0',
  'service_requests', // of the Temporal server
];

/** Blocks of the guide that call this port. */
const asking = (port: number) => guideBlocks().filter(({ script }) => new RegExp(`^curl .*localhost:${port}`, 'm').test(script));

const answered = z.object({ status: z.literal('success'), data: z.object({ result: z.array(z.unknown()) }) });
const targetsAnswer = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string(), lastError: z.string(), scrapeUrl: z.string() })) }),
});
const rulesAnswer = z.object({
  data: z.object({
    groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })) })),
  }),
});

/** Starts a stack with Prometheus and Alertmanager, and looks at what they see. @param lint says what is wrong with a page of metrics */
export async function checkStack(step: Step, lint: (text: string) => Promise<void>): Promise<void> {
  const here = readConfig();
  const settings = await createStackSettings();
  const { ports } = settings;
  const env = {
    ...settings.env,
    PROMETHEUS_PROGRAM: locateMonitor(here, 'prometheus') ?? '',
    ALERTMANAGER_PROGRAM: locateMonitor(here, 'alertmanager') ?? '',
    ALERT_WORKFLOWS: 'NoFreshData=movieDataCollection',
    BACKUP_URL: `file:${path.join(settings.folder, 'backups')}`,
  };
  const prometheus = `http://127.0.0.1:${ports.PROMETHEUS_PORT}`;
  const get = async (url: string) => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`${url} answers ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    return answer;
  };
  const query = async (expr: string) =>
    answered.parse(await (await get(`${prometheus}/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`)).json()).data.result;

  const stack = await startStack(['--models', 'popularity'], { ...settings, env });
  const traffic = createTraffic({ apiUrl: stack.apiUrl, ingestUrl: `http://127.0.0.1:${ports.WORKER_INGEST_METRICS_PORT}` });
  const readers = setInterval(() => void traffic.readers(), 1_000);
  try {
    const isUp = await step('a stack starts, with both', async () => {
      await waitForOutput(stack, 'Try:', 600_000);
      for (const page of ['/-/healthy', '/-/ready']) await get(prometheus + page);
      await get(`http://127.0.0.1:${ports.ALERTMANAGER_PORT}/-/healthy`);
    });
    if (!isUp) return;
    await step('every target is up', () =>
      waitFor(
        'every target to be up',
        async () => {
          const { activeTargets } = targetsAnswer.parse(await (await get(`${prometheus}/api/v1/targets`)).json()).data;
          return activeTargets.length === 8 && activeTargets.every(({ health }) => health === 'up');
        },
        PATIENCE,
      ),
    );
    await step('what the guide asks of 9090 is answered, as it is printed', async () => {
      const runs = await Promise.all(asking(DEFAULT_PORTS.PROMETHEUS_PORT).map((block) => runBlock(block, ports)));
      const calls = runs.flatMap((run) => run.calls).filter(({ port }) => port === ports.PROMETHEUS_PORT);
      if (calls.length === 0 || calls.some(({ status }) => status !== 200)) throw new Error(JSON.stringify(calls));
    });
    for (const expr of [...QUERIES, ...ALSO])
      await step(`${expr} has an answer`, () => waitFor(expr, async () => (await query(expr)).length > 0, PATIENCE));
    await step('every rule is worked out without a fault', async () => {
      const { groups } = rulesAnswer.parse(await (await get(`${prometheus}/api/v1/rules`)).json()).data;
      const faulty = groups.flatMap(({ rules }) => rules).filter(({ health }) => health === 'err');
      if (groups.length === 0 || faulty.length > 0) throw new Error(JSON.stringify(faulty));
    });
    for (const name of [
      'API_PORT',
      'SERVING_PORT',
      'WORKER_CONTROL_METRICS_PORT',
      'WORKER_TRAINING_METRICS_PORT',
      'WORKER_INGEST_METRICS_PORT',
    ] as const)
      await step(`promtool finds nothing wrong with the metrics at ${name}, and each is one that is defined`, async () => {
        const text = await (await get(`http://127.0.0.1:${ports[name]}/metrics`)).text();
        await lint(text);
        refuseUndefined(text);
      });
    await step('an alert starts the workflow that is named for it', async () => {
      const alert = { labels: { alertname: 'NoFreshData', severity: 'warning' }, startsAt: new Date().toISOString() };
      await fetch(`http://127.0.0.1:${ports.ALERTMANAGER_PORT}/api/v2/alerts`, {
        ...{ method: 'POST', body: JSON.stringify([alert]), headers: { 'content-type': 'application/json' } },
      });
      await waitFor(
        'the run',
        async () => (await (await get(`${stack.apiUrl}/api/v1/runs`)).text()).includes('collection/alert-'),
        PATIENCE,
      );
    });
    await step('users do something, a service has too much to do, models are trained and rolled out, backups are taken', async () => {
      await traffic.users();
      await traffic.trouble();
      await traffic.upkeep();
      await traffic.drift();
      await traffic.training();
    });
    await checkPanels(step, prometheus);
  } finally {
    clearInterval(readers);
    await step('the stack ends as it is told', async () => {
      const code = await stack.interrupt();
      if (code !== 0) throw new Error(`it ended with ${code}:\n${stack.output().slice(-2_000)}`);
    });
    await stack.remove();
  }
}

/** @throws Error that names what stands there and is not in `contracts/metrics/`, and what is there as another kind */
function refuseUndefined(text: string): void {
  const defined = Object.values(METRICS)
    .flatMap((groups) => Object.values<Readonly<Record<string, MetricDefinition>>>(groups))
    .flatMap((group) => Object.entries(group).map(([name, { kind }]) => `${name} ${kind}`));
  const shown = [...text.matchAll(/^# TYPE (\w+ \w+)$/gm)].map(([, line]) => line!);
  const strange = shown.filter((line) => !/^(process|nodejs)_/.test(line) && !defined.includes(line));
  if (shown.length === 0 || strange.length > 0) throw new Error(`not defined: ${strange.join(', ') || 'nothing is shown'}`);
}
