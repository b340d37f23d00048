import { z } from 'zod';
import { DASHBOARDS } from '../../deploy/grafana/dashboards.ts';
import { waitFor } from '../support/waitFor.ts';
import { queriesOf, type PanelQuery } from './panelQueries.ts';
import type { Step } from './steps.ts';

/** Longer than the slowest look of the control worker, which is at models. */
const PATIENCE = { timeoutMs: 200_000, everyMs: 5_000 };
/** As a page draws them that shows the hour before. */
const [SPAN_S, STEP_S] = [3_600, 15];
/** What Grafana puts in for that, where Prometheus asks every five seconds: four times as long. */
const WINDOW = '20s';

const rangeAnswer = z.object({
  status: z.literal('success'),
  data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) }),
});

/** Asks every query of every panel as Grafana does. One without a figure in the hour, and one that Prometheus refuses, fails its dashboard. */
export async function checkPanels(step: Step, prometheus: string): Promise<void> {
  const looks = DASHBOARDS.map((dashboard) => {
    const queries = queriesOf(dashboard);
    return step(`each of the ${queries.length} queries of the dashboard ${dashboard.title} has figures`, async () => {
      let empty = queries;
      await waitFor(
        'figures',
        async () => {
          const found = await Promise.all(empty.map(async (query) => ((await hasFigures(prometheus, query)) ? [] : [query])));
          empty = found.flat();
          if (empty.length > 0) throw new Error(empty.map(({ panel, expr }) => `${panel} has none: ${expr}`).join('; '));
          return true;
        },
        PATIENCE,
      );
    });
  });
  await Promise.all(looks);
}

/** @throws Error with what Prometheus says of a query that it refuses */
async function hasFigures(prometheus: string, { panel, expr }: PanelQuery): Promise<boolean> {
  const end = Date.now() / 1_000;
  const query = expr.replaceAll('$__rate_interval', WINDOW);
  const range = { query, start: String(end - SPAN_S), end: String(end), step: String(STEP_S) };
  const answer = await fetch(`${prometheus}/api/v1/query_range?${new URLSearchParams(range).toString()}`, {
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`${panel} is refused: ${(await answer.text()).slice(0, 300)}`);
  const { result } = rangeAnswer.parse(await answer.json()).data;
  return result.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
}
