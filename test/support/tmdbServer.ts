import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What comes instead of the good answer, once for each time that it stands in the list. */
export type TmdbFault =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly text: string }
  | 'half'
  | 'reset'
  | 'hang';

export interface TmdbServer {
  readonly url: string;
  /** Paths with their query, oldest first, without the key. */
  readonly asked: {
    readonly path: string;
    readonly at: number;
    readonly headers: IncomingMessage['headers'];
    readonly apiKey: string | null;
  }[];
  /** Faults by path, such as `/movie/popular?page=2` or `/movie/7`; the first of each list comes next. */
  readonly faults: Map<string, TmdbFault[]>;
  /** Answers by path that are not what the server would make up. */
  readonly answers: Map<string, unknown>;
  /** Every answer comes this much later. */
  delayMs: number;
  readonly mostConnections: () => number;
  readonly times: (path: string) => number;
  reset(): void;
  close(): Promise<void>;
}

export const TMDB_V3_KEY = '0123456789abcdef0123456789abcdef';
export const TMDB_V4_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ0ZXN0In0.c2lnbmF0dXJl'; // not a secret
const REFUSED = { status_code: 7, status_message: 'Invalid API key: You must be granted a valid key.', success: false };
const UNKNOWN = { success: false, status_code: 34, status_message: 'The resource you requested could not be found.' };
const PAGE_SIZE = 20;
const TMDB_GENRES = [
  { id: 18, name: 'Drama' },
  { id: 35, name: 'Comedy' },
];

/** A row of a list, in TMDB's shape; what it says is made up. */
export const aListedMovie = (id: number, overrides: Record<string, unknown> = {}) => ({
  adult: false,
  backdrop_path: `/backdrop${id}.jpg`,
  genre_ids: [18, 35],
  id,
  original_language: 'en',
  original_title: `Invented ${id}`,
  overview: `What happens in film ${id}.`,
  popularity: 1_000 - id / 10,
  poster_path: `/poster${id}.jpg`,
  release_date: `20${String(id % 100).padStart(2, '0')}-05-17`,
  softcore: false,
  title: `Invented ${id}`,
  video: false,
  vote_average: 7.25,
  vote_count: 300,
  ...overrides,
});

/** Details of a movie with what `append_to_response=keywords,credits` adds. */
export const aDetailedMovie = (id: number, overrides: Record<string, unknown> = {}) => {
  const { genre_ids, ...listed } = aListedMovie(id);
  return {
    ...listed,
    genres: TMDB_GENRES.filter(({ id }) => genre_ids.includes(id)),
    budget: 0,
    imdb_id: `tt${id}`,
    runtime: 101,
    status: 'Released',
    tagline: `The tagline of ${id}`,
    keywords: { keywords: [{ id: 9, name: 'invention' }] },
    credits: {
      cast: [
        { id: 2, name: 'Second Actor', character: 'A Friend', order: 1 },
        { id: 1, name: 'First Actor', character: 'The Inventor', order: 0 },
      ],
      crew: [
        { id: 3, name: 'A Director', job: 'Director' },
        { id: 4, name: 'An Editor', job: 'Editor' },
      ],
    },
    ...overrides,
  };
};

/** TMDB as far as it is asked here: 60 pages of each list, each movie in one list, and details of every movie. */
export async function startTmdbServer({ totalPages = 60 } = {}): Promise<TmdbServer> {
  const sockets = new Set<Socket>();
  let most = 0;
  const server: Omit<TmdbServer, 'url' | 'close'> = {
    asked: [],
    faults: new Map<string, TmdbFault[]>(),
    answers: new Map<string, unknown>(),
    delayMs: 0,
    mostConnections: () => most,
    times: (path) => server.asked.filter((asked) => asked.path === path).length,
    reset() {
      server.asked.length = 0;
      server.faults.clear();
      server.answers.clear();
      server.delayMs = 0;
      most = sockets.size;
    },
  };
  const http = createServer((req, res) => {
    const url = new URL(req.url ?? '', 'http://tmdb');
    const apiKey = url.searchParams.get('api_key');
    const path = shortPath(url);
    server.asked.push({ path, at: performance.now(), headers: req.headers, apiKey });
    const fault = server.faults.get(path)?.shift();
    const known = apiKey === TMDB_V3_KEY || req.headers.authorization === `Bearer ${TMDB_V4_TOKEN}`;
    setTimeout(() => {
      if (fault !== undefined) return fail(req, res, fault);
      if (!known) return answer(res, 401, REFUSED);
      const body = server.answers.get(path) ?? makeUp(url, totalPages);
      return body === undefined ? answer(res, 404, UNKNOWN) : answer(res, 200, body);
    }, server.delayMs);
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  return Object.assign(server, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/3`,
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  });
}

/** `/movie/popular?page=2`: what a test names. */
function shortPath({ pathname, searchParams }: URL): string {
  const page = searchParams.get('page');
  return pathname.replace(/^\/3/, '') + (page === null ? '' : `?page=${page}`);
}

const LISTS = ['/3/movie/popular', '/3/movie/top_rated', '/3/movie/now_playing', '/3/discover/movie'];

function makeUp({ pathname, searchParams }: URL, totalPages: number): unknown {
  const list = LISTS.indexOf(pathname);
  if (list >= 0) {
    const page = Number(searchParams.get('page'));
    const first = list * 100_000 + (page - 1) * PAGE_SIZE + 1;
    const results = Array.from({ length: PAGE_SIZE }, (_, index) => aListedMovie(first + index));
    return { page, results, total_pages: totalPages, total_results: totalPages * PAGE_SIZE };
  }
  if (pathname === '/3/genre/movie/list') return { genres: TMDB_GENRES };
  const id = Number(/^\/3\/movie\/(\d+)$/.exec(pathname)?.[1] ?? Number.NaN);
  return id > 0 && id < 900_000_000 ? aDetailedMovie(id) : undefined;
}

const answer = (res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  void res.writeHead(status, { 'content-type': 'application/json;charset=utf-8', ...headers }).end(JSON.stringify(body));

function fail(req: IncomingMessage, res: ServerResponse, fault: TmdbFault): void {
  if (fault === 'hang') return;
  if (fault === 'reset') return void req.socket.resetAndDestroy();
  if (fault === 'half') {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 }).write('{"page":1,"results":[{"id":');
    return void setTimeout(() => req.socket.destroy(), 20);
  }
  if ('text' in fault) return void res.writeHead(200, { 'content-type': 'text/html' }).end(fault.text);
  return answer(res, fault.status, fault.body ?? {}, fault.headers);
}
