import { performance } from 'node:perf_hooks';

/** One way of asking for recommendations. */
export interface Way {
  readonly name: string;
  /** What is asked for a user; the way itself where it knows none. */
  readonly request: (userId: string) => { readonly url: string; readonly init?: RequestInit };
}

export interface WayFigures {
  readonly name: string;
  readonly requests: number;
  readonly failed: number;
  readonly per_second: number;
  /** Milliseconds from sending to the answer's end; null where nothing was answered. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  /** Who answered, most often first. */
  readonly models: readonly { readonly name: string; readonly version: string; readonly answers: number }[];
  /** Different movies in all answers. */
  readonly movies: number;
  /** Why the first failed one failed. */
  readonly error?: string;
}

interface Answer {
  readonly model: { readonly name: string; readonly version: string };
  readonly recommendations: readonly { readonly movie_id: string }[];
}

/** Asks one way `requests` times over so many connections, users in turn. */
export async function measureWay(
  { name, request }: Way,
  {
    users,
    requests,
    connections,
    headers,
  }: { users: readonly string[]; requests: number; connections: number; headers: Record<string, string> },
): Promise<WayFigures> {
  const times: number[] = [];
  const models = new Map<string, { name: string; version: string; answers: number }>();
  const movies = new Set<string>();
  let [sent, failed] = [0, 0];
  let error: string | undefined;

  async function askOnce(userId: string): Promise<void> {
    const { url, init = {} } = request(userId);
    const startedAt = performance.now();
    try {
      const response = await fetch(url, { ...init, headers: { ...headers, ...init.headers } });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, SHOWN_CHARACTERS)}`);
      times.push(performance.now() - startedAt);
      const { model, recommendations } = JSON.parse(text) as Answer;
      const key = `${model.name} ${model.version}`;
      models.set(key, { ...model, answers: (models.get(key)?.answers ?? 0) + 1 });
      for (const { movie_id } of recommendations) movies.add(movie_id);
    } catch (reason) {
      failed += 1;
      error ??= reason instanceof Error ? reason.message : String(reason);
    }
  }

  const startedAt = performance.now();
  const ask = async () => {
    while (sent < requests) await askOnce(users[(sent += 1) % users.length]!);
  };
  await Promise.all(Array.from({ length: connections }, ask));
  const seconds = (performance.now() - startedAt) / 1_000;
  const sorted = times.sort((a, b) => a - b);
  const percentile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? null;
  return {
    ...{ name, requests, failed, per_second: times.length / seconds },
    ...{ p50_ms: percentile(0.5), p95_ms: percentile(0.95), p99_ms: percentile(0.99) },
    models: [...models.values()].sort((a, b) => b.answers - a.answers),
    movies: movies.size,
    ...(error !== undefined && { error }),
  };
}
const SHOWN_CHARACTERS = 200;
