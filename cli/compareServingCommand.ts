import { numberText, type Client } from '../client/index.ts';
import type { Command } from 'commander';
import { measureWay, type Way, type WayFigures } from './compareServing.ts';
import { TRENDING } from '../contracts/trends.ts';
import { EXIT, Unusable } from './failure.ts';
import type { Perform, Session } from './session.ts';
import { table, type Terminal } from './terminal.ts';

interface Options {
  readonly requests: string;
  readonly connections: string;
  readonly users: string;
  readonly k: string;
}

/** Figures of the report that say how good a model's order is, and how good its ratings are. */
const QUALITY = ['full_ndcg_at_10', 'ndcg_at_10', 'rmse'] as const;

/** `compare-serving`: the legacy route, the API and the model server side by side. */
export function addCompareServingCommand(program: Command, perform: Perform): void {
  program
    .command('compare-serving')
    .description('Ask for recommendations by the legacy route, the API and the model server, and compare latency, throughput and quality')
    .option('--requests <n>', 'of each way', '200')
    .option('--connections <n>', 'at the same time', '4')
    .option('--users <ids>', 'whom to ask for, comma separated; or how many of the sample', '50')
    .option('-k <n>', 'movies of an answer', '10')
    .action((options: Options, command: Command) =>
      perform(command, async (session) => {
        const [requests, connections] = [
          countOf('--requests', options.requests, 100_000),
          countOf('--connections', options.connections, 256),
        ];
        const headers = session.config.client.apiKey === undefined ? {} : { 'x-api-key': session.config.client.apiKey };
        const users = usersOf(options.users);
        const ways: WayFigures[] = [];
        // One after the other: at the same time each would slow the others down.
        for (const way of waysOf(session, countOf('-k', options.k, 500)))
          ways.push(await measureWay(way, { users, requests, connections, headers }));
        const compared = await Promise.all(ways.map(async (way) => ({ ...way, quality: await qualityOf(session.api, way) })));
        const isFailed = compared.some(({ failed }) => failed > 0);
        const json = { requests, connections, users: users.length, ways: compared };
        return { json, text: render(session.terminal, compared), ...(isFailed && { exitCode: EXIT.failed }) };
      }),
    );
}

type Compared = WayFigures & { readonly quality: Readonly<Record<string, number>> };

const waysOf = ({ api, config }: Session, k: number): Way[] => [
  { name: 'legacy (GET / of the API)', request: () => ({ url: api.recommendations.legacy.url({ query: { k: String(k) } }) }) },
  { name: 'API', request: (user_id) => ({ url: api.recommendations.get.url({ query: { k: String(k), user_id } }) }) },
  {
    name: 'model server',
    request: (user_id) => ({
      url: new URL('/recommend', config.servingUrl).href,
      init: { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user_id, k }) },
    }),
  },
];

/** As the gate judged the version that answered most. */
async function qualityOf(api: Client, { models: [model] }: WayFigures): Promise<Record<string, number>> {
  if (!model || model.name === TRENDING) return {};
  const { metrics } = await api.models.version({ params: model });
  return Object.fromEntries(QUALITY.flatMap((metric) => (metrics[metric] === undefined ? [] : [[metric, metrics[metric]]])));
}

function countOf(option: string, text: string, most: number): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > most) throw new Unusable(`${option} ${text} is no whole number from 1 to ${most}`);
  return count;
}

/** A number alone is how many: the sample's users are numbered. */
function usersOf(text: string): string[] {
  const given = text.split(',').filter((id) => id !== '');
  if (given.length === 1 && /^\d{1,4}$/.test(text))
    return Array.from({ length: countOf('--users', text, 9_999) }, (_, at) => String(at + 1));
  if (given.length === 0) throw new Unusable('--users names nobody');
  return given;
}

function render(terminal: Terminal, ways: readonly Compared[]): string {
  const number = (head: string) => ({ head, align: 'right' as const });
  const figure = (value: number | null | undefined) => (value === null || value === undefined ? '-' : numberText(value));
  const columns = [{ head: 'ASKED' }, ...['A SECOND', 'P50 MS', 'P95 MS', 'P99 MS', 'FAILED', 'MOVIES'].map(number), { head: 'MOSTLY BY' }];
  const rows = ways.map(({ name, per_second, p50_ms, p95_ms, p99_ms, failed, movies, models: [model], quality }) => [
    ...[name, figure(per_second), figure(p50_ms), figure(p95_ms), figure(p99_ms), String(failed), String(movies)],
    model ? `${model.name} ${model.version}` : '-',
    ...QUALITY.map((metric) => figure(quality[metric])),
  ]);
  const errors = ways.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${error}`]));
  return [table(terminal, [...columns, ...QUALITY.map((metric) => number(metric.toUpperCase()))], rows), ...errors].join('\n');
}
