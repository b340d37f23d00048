import { z } from 'zod';
import type { EndpointDescription } from '../contracts/endpoints/endpoint.ts';
import { missing, refused } from '../contracts/failures.ts';
import { parseArtifactAddress, type ArtifactAddress } from './artifactAddress.ts';
import { NoSuchApi } from './errors.ts';
import type { AnswerOf, AnyRequest } from './request.ts';
import { callText, keyHeaders, noAnswer, refusalOf, send, type ClientOptions } from './send.ts';

/** Something in a folder of artifacts. */
export interface ArtifactEntry {
  readonly name: string;
  readonly isFolder: boolean;
  /** Of a file */
  readonly bytes: number | undefined;
}

export interface ArtifactContent {
  readonly bytes: number | undefined;
  /** In hexadecimal; undefined where the server has none of this file */
  readonly sha256: string | undefined;
  readonly content: AsyncIterable<Uint8Array>;
}

const of = { method: 'get', tag: 'artifacts', summary: '', role: 'viewer' } as const;
const mlflow = '/api/2.0/mlflow';
const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

/** Calls of MLflow's REST API, which the API answers beside its own. */
const CALLS = {
  ofRun: { ...of, path: `${mlflow}/artifacts/list`, answer: z.object({ root_uri: z.string() }) },
  ofLoggedModel: {
    ...of,
    path: `${mlflow}/logged-models/:id`,
    answer: z.object({ model: z.object({ info: z.object({ artifact_uri: z.string() }) }) }),
  },
  ofVersion: { ...of, path: `${mlflow}/model-versions/get-download-uri`, answer: z.object({ artifact_uri: z.string() }) },
  alias: {
    ...of,
    path: `${mlflow}/registered-models/alias`,
    answer: z.object({ model_version: z.object({ version: z.string() }) }),
  },
  newest: {
    ...of,
    path: `${mlflow}/registered-models/get-latest-versions`,
    answer: z.object({ model_versions: z.array(z.object({ version: z.string() })).default([]) }),
  },
  list: {
    ...of,
    path: PROXY,
    answer: z.object({
      files: z.array(z.object({ path: z.string(), is_dir: z.boolean(), file_size: z.number().optional() })).default([]),
    }),
  },
} as const satisfies Record<string, EndpointDescription>;

/**
 * The files of runs, logged models and versions, at the API of `url`. Each is named by its place below the root of all artifacts, which `find` gives.
 * Every call throws as those of `createClient` do.
 */
export function createArtifactClient(options: ClientOptions) {
  const ask = <D extends EndpointDescription>(description: D, request: AnyRequest) =>
    send(options, description, request) as Promise<AnswerOf<D>>;

  async function rootOf(address: ArtifactAddress): Promise<string> {
    switch (address.of) {
      case 'proxy':
        return 'mlflow-artifacts:/';
      case 'run':
        return (await ask(CALLS.ofRun, { query: { run_id: address.id } })).root_uri;
      case 'loggedModel':
        return (await ask(CALLS.ofLoggedModel, { params: { id: address.id } })).model.info.artifact_uri;
      case 'version': {
        const { artifact_uri: uri } = await ask(CALLS.ofVersion, { query: { name: address.name, version: address.version } });
        return uri.startsWith('runs:') ? below(await rootOf(parseArtifactAddress(uri)), parseArtifactAddress(uri).path) : uri;
      }
      case 'alias': {
        const { model_version } = await ask(CALLS.alias, { query: { name: address.name, alias: address.alias } });
        return rootOf({ of: 'version', name: address.name, version: model_version.version, path: '' });
      }
      case 'newest':
        return rootOf({ of: 'version', name: address.name, version: await newestOf(address.name, address.stage), path: '' });
    }
  }

  /** @throws Failure `missing` where the model has no version of the stage, or none at all */
  async function newestOf(name: string, stage: string | undefined): Promise<string> {
    const { model_versions: found } = await ask(CALLS.newest, { query: { name, stages: stage } });
    const newest = found.map(({ version }) => Number(version)).sort((a, b) => b - a)[0];
    if (newest === undefined) throw missing(`There is no version of ${name}${stage === undefined ? '' : ` in stage ${stage}`}.`);
    return String(newest);
  }

  /** One request for a file's content, and the head of its answer. */
  async function exchange(method: 'get' | 'put', place: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    const address = new URL(`${PROXY}/${encodePlace(place)}`, options.url);
    const call = callText(method, address);
    const answer = await fetch(address, { ...init, method: method.toUpperCase(), ...(signal && { signal }) }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw noAnswer(address, call, error);
    });
    if (answer.ok) return answer;
    throw refusalOf(address, call, { status: answer.status, statusText: answer.statusText, text: await answer.text() });
  }

  return {
    /**
     * @param address as MLflow's users write it: a run's id, `runs:/<run>/<path>`, `models:/<name>/<version, latest or stage>/<path>`,
     *   `models:/<name>@<alias>/<path>`
     * @returns the place of what it names, whether there is such a file or not, and whether that is all that the run, model or version has
     * @throws Failure `invalid` for another, and for files that lie in somebody's own store; `missing` where no version is the latest or has the stage
     */
    async find(address: string): Promise<{ readonly place: string; readonly isWhole: boolean }> {
      const parsed = parseArtifactAddress(address);
      const uri = await rootOf(parsed);
      if (!uri.startsWith('mlflow-artifacts:/')) throw refused(`The files lie in ${uri}, which this platform does not read.`);
      return { place: below(uri.replace(/^mlflow-artifacts:\/+/, ''), parsed.path), isWhole: parsed.path === '' };
    },
    /** What lies directly in a folder; nothing where there is none. */
    async list(place: string): Promise<ArtifactEntry[]> {
      const { files } = await ask(CALLS.list, { query: { path: place } });
      return files.map(({ path, is_dir, file_size }) => ({ name: path, isFolder: is_dir, bytes: file_size }));
    },
    /** Of any size, as it comes. Where it breaks off, reading throws NoSuchApi. */
    async open(place: string, signal?: AbortSignal): Promise<ArtifactContent> {
      const answer = await exchange('get', place, { headers: keyHeaders(options) }, signal);
      const bytes = answer.headers.get('content-length');
      return { bytes: bytes === null ? undefined : Number(bytes), sha256: readDigest(answer.headers), content: contentOf(answer, place) };
    },
    /** Keeps a file whole or not at all. @param sha256 in hexadecimal; what comes is held against it */
    async put(
      place: string,
      content: AsyncIterable<Uint8Array>,
      { sha256, signal }: { sha256: string; signal?: AbortSignal },
    ): Promise<void> {
      const headers = { ...keyHeaders(options), 'content-type': 'application/octet-stream', 'repr-digest': digestText(sha256) };
      const init = { headers, body: streamOf(content), duplex: 'half' } as RequestInit; // TypeScript's types of `fetch` lack `duplex`
      await exchange('put', place, init, signal);
    },
  };
}
export type ArtifactClient = ReturnType<typeof createArtifactClient>;

const below = (folder: string, path: string) => [folder, path].filter((part) => part !== '').join('/');

/** The name of a model stands encoded already in the place of a version's files. */
const encodePlace = (place: string) =>
  place
    .split('/')
    .map((name, at, [first]) => (first === 'versions' && at === 1 ? name : encodeURIComponent(name)))
    .join('/');

export async function* contentOf({ body, url }: Response, place: string): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (error instanceof DOMException) throw error; // given up by who asked
    throw new NoSuchApi(`${new URL(url).origin} broke off in the middle of ${place}`, `GET ${place}`, { reason: (error as Error).message });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** As `ReadableStream.from`, which not every browser has. */
function streamOf(content: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = (await chunks.next()) as IteratorResult<Uint8Array, undefined>;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await chunks.return?.()),
  });
}

/** RFC 9530 writes digests in base64. */
const digestText = (sha256: string) =>
  `sha-256=:${btoa((sha256.match(/../g) ?? []).map((byte) => String.fromCharCode(parseInt(byte, 16))).join(''))}:`;

function readDigest(headers: Headers): string | undefined {
  const base64 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(headers.get('repr-digest') ?? '')?.[1];
  return base64 && Array.from(atob(base64), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
