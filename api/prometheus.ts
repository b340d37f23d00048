import { z } from 'zod';
import { clip } from '../contracts/bounded.ts';
import { invalid, unavailable } from '../contracts/failures.ts';
import { ROWS_SHOWN, SERIES_AT_MOST, type Graph, type Watched } from '../contracts/monitoring.ts';
import { FAULTS } from '../contracts/sizes.ts';

/** More than Prometheus itself is given for an expression. */
const TIMEOUT_MS = 12_000;
const EVALUATION = '10s';
/** Of an answer; an expression that finds more is to be narrowed. */
const ANSWER_BYTES = 8 * 2 ** 20;
const POINTS = 120;
/** Between two looks of ours at a process (deploy/prometheus/scrape.ts). */
const SCRAPE_S = 5;
const RATE_INTERVAL = '$__rate_interval';

export type Prometheus = ReturnType<typeof createPrometheus>;

/**
 * Prometheus at `url`, as far as callers may ask it.
 * @param isOurs whether none need be there: it is started where its program is
 */
export function createPrometheus({ url, isOurs }: { url: string | undefined; isOurs: boolean }) {
  const unlessAbsent = <T>(body: () => Promise<T>): Promise<T | undefined> =>
    body().catch((error: unknown) => {
      if (url === undefined || (isOurs && isRefused(error))) return undefined;
      throw error;
    });
  return {
    /**
     * @param query in its own language
     * @throws Failure `invalid` in Prometheus's words of an expression that it cannot work out, `unavailable` where it is away or takes too long
     */
    async graph({ query, minutes }: { query: string; minutes: number }, now = Date.now()): Promise<Graph> {
      const until = Math.floor(now / 1_000);
      const stepS = Math.max(SCRAPE_S, Math.ceil((minutes * 60) / POINTS));
      const from = until - minutes * 60;
      const windowS = Math.max(stepS + SCRAPE_S, 4 * SCRAPE_S);
      const answer = await ask(url, 'query_range', {
        query: query.replaceAll(RATE_INTERVAL, `${windowS}s`),
        ...{ start: String(from), end: String(until), step: `${stepS}s`, timeout: EVALUATION },
      });
      const { result } = seriesSchema.parse(answer);
      return {
        ...{ from: new Date(from * 1_000).toISOString(), until: new Date(until * 1_000).toISOString(), step_s: stepS },
        series: result.slice(0, SERIES_AT_MOST).map(({ metric, values }) => ({ labels: metric, points: values.flatMap(pointOf) })),
        left_off: Math.max(0, result.length - SERIES_AT_MOST),
      };
    },
    /** Its version; undefined where none need be there and none is. @throws Failure `unavailable` where it is away */
    look: (): Promise<string | undefined> => unlessAbsent(async () => buildSchema.parse(await ask(url, 'status/buildinfo', {})).version),
    /** @throws Failure `unavailable` where one that should be there is not */
    async watched(): Promise<Watched> {
      const found = await unlessAbsent(() => Promise.all([ask(url, 'targets', { state: 'active' }), ask(url, 'alerts', {})]));
      if (!found) return { prometheus: false, targets: [], alerts: [] };
      const [targets, alerts] = found;
      return {
        prometheus: true,
        targets: targetsSchema.parse(targets).activeTargets.slice(0, ROWS_SHOWN).map(toTarget),
        alerts: alertsSchema.parse(alerts).alerts.slice(0, ROWS_SHOWN).map(toAlert),
      };
    },
  };
}

const labels = z.record(z.string(), z.string());
const seriesSchema = z.object({
  result: z.array(z.object({ metric: labels, values: z.array(z.tuple([z.number(), z.string()])) })),
});
const targetsSchema = z.object({
  activeTargets: z.array(
    z.object({ labels, health: z.enum(['up', 'down', 'unknown']), lastError: z.string(), lastScrape: z.string(), scrapeUrl: z.string() }),
  ),
});
const alertsSchema = z.object({
  alerts: z.array(z.object({ labels, annotations: labels, state: z.enum(['pending', 'firing']), activeAt: z.string() })),
});
const buildSchema = z.object({ version: z.string() });
const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.unknown() }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/** What is no number, such as a share of nothing, is no point. */
const pointOf = ([at, text]: [number, string]): [number, number][] => (Number.isFinite(Number(text)) ? [[at, Number(text)]] : []);

const toTarget = ({ labels: of, health, lastError, lastScrape, scrapeUrl }: z.infer<typeof targetsSchema>['activeTargets'][number]) => ({
  ...{ job: of['job'] ?? '', service: of['service'] ?? null, address: of['instance'] ?? scrapeUrl, state: health },
  error: lastError === '' ? null : clip(lastError, FAULTS.messageCharacters),
  scraped_at: health === 'unknown' ? null : new Date(lastScrape).toISOString(),
});

const toAlert = ({ labels: of, annotations, state, activeAt }: z.infer<typeof alertsSchema>['alerts'][number]) => ({
  ...{ alert: of['alertname'] ?? '', severity: of['severity'] ?? null, state, summary: annotations['summary'] ?? null },
  ...{ since: new Date(activeAt).toISOString(), labels: of },
});

/** @returns `data` of the answer */
async function ask(
  url: string | undefined,
  what: 'query_range' | 'targets' | 'alerts' | 'status/buildinfo',
  asked: Readonly<Record<string, string>>,
): Promise<unknown> {
  if (url === undefined) throw unavailable('prometheus');
  const at = new URL(`${url.replace(/\/$/, '')}/api/v1/${what}?${new URLSearchParams(asked).toString()}`);
  const text = await read(at).catch((error: unknown) => {
    throw Object.assign(unavailable('prometheus'), { cause: error });
  });
  if (text === undefined) throw invalid('query', `finds more than ${ANSWER_BYTES / 2 ** 20} MB; narrow it`);
  const answer = parsed(text);
  if (answer === undefined) throw unavailable('prometheus');
  if (answer.status === 'success') return answer.data;
  if (['bad_data', 'execution'].includes(answer.errorType)) throw invalid('query', answer.error);
  throw Object.assign(unavailable('prometheus'), { cause: new Error(answer.error) });
}

/** Something else may listen there, which answers as it likes. */
function parsed(text: string): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** @returns undefined of an answer that is too large to be held */
async function read(at: URL): Promise<string | undefined> {
  const answer = await fetch(at, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const isRefused = (error: unknown): boolean =>
  ((error as { cause?: { cause?: { code?: string } } }).cause?.cause?.code ?? '') === 'ECONNREFUSED';
