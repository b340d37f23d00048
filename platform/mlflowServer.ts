import { z } from 'zod';
import type { MirrorSettings } from '../contracts/settings/mirror.ts';
import { FileStuck, sendFile, type SentFile } from './mlflowFiles.ts';
import { oneLine } from './oneLine.ts';

/** A server that was not reached, is unwell or does not let us in: nothing can be asked of it now. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway';
}

/** The server does not take this request, whenever it comes. */
export class ServerRefused extends Error {
  override readonly name = 'ServerRefused';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

type Json = Readonly<Record<string, unknown>>;

/** An MLflow server of others, by its REST API. */
export interface MlflowServer {
  /** Its address, without credentials */
  readonly url: string;
  /** @throws ServerAway, or ServerRefused with the code that MLflow answered */
  ask<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, content: Json, answer: z.ZodType<T>): Promise<T>;
  /** Files and their bytes directly in a folder of its artifact proxy. @throws as `ask` */
  listFiles(folder: string): Promise<ReadonlyMap<string, number>>;
  /** Sends a file to its artifact proxy. @throws ServerAway, FileRefused or FileFailed */
  putFile(path: string, file: SentFile): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const listedSchema = z.object({
  files: z.array(z.object({ path: z.string(), is_dir: z.boolean(), file_size: z.number().optional() })).default([]),
});
const faultSchema = z.object({ error_code: z.string(), message: z.string().default('') });

/** @param signal ends what is under way */
export function createMlflowServer(
  { url, user, token }: Pick<MirrorSettings, 'url' | 'user' | 'token'>,
  signal: AbortSignal,
): MlflowServer {
  const authorization = token ? `Bearer ${token}` : user && `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;

  async function send(method: string, path: string, content: Json): Promise<{ status: number; text: string }> {
    const query = method === 'GET' ? `?${new URLSearchParams(content as Record<string, string>).toString()}` : '';
    try {
      const answer = await fetch(`${url}${path}${query}`, {
        method,
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        ...(method !== 'GET' && { body: JSON.stringify(content) }),
        redirect: 'error', // another host is not to be told what is meant for this one
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      signal.throwIfAborted();
      throw new ServerAway(`${url} does not answer: ${reasonOf(error)}`, { cause: error });
    }
  }

  async function askAt<T>(method: string, path: string, content: Json, answer: z.ZodType<T>): Promise<T> {
    const { status, text } = await send(method, path, content);
    const body = parseJson(text);
    if (status === 200) {
      const parsed = answer.safeParse(body);
      if (parsed.success) return parsed.data;
      throw new ServerAway(`${url} answered ${path} with what no MLflow server answers`);
    }
    const fault = faultSchema.safeParse(body).data;
    if (status === 401 || status === 403) throw new ServerAway(`${url} does not let us in (status ${status})`);
    if (status < 500 && status !== 429 && status !== 408 && fault) throw new ServerRefused(fault.error_code, fault.message);
    throw new ServerAway(`${url} answered ${path} with status ${status}${fault ? ` (${oneLine(fault.message)})` : ''}`);
  }

  return {
    url,
    ask: (method, path, content, answer) => askAt(method, `/api/2.0/mlflow${path}`, content, answer),
    async listFiles(folder) {
      const { files } = await askAt('GET', ARTIFACTS, { path: folder }, listedSchema);
      return new Map(files.flatMap(({ path, is_dir, file_size }) => (is_dir || file_size === undefined ? [] : [[path, file_size]])));
    },
    async putFile(path, file) {
      const at = `${url}${ARTIFACTS}/${path.split('/').map(encodeURIComponent).join('/')}`;
      await sendFile(at, file, { authorization, signal }).catch((error: unknown) => {
        throw error instanceof FileStuck
          ? new ServerAway(`${url} does not take the file ${path}: ${error.message}`, { cause: error })
          : error;
      });
    },
  };
}
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';

/** Fetch says why only in the cause of its error. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  return name === 'TimeoutError' ? `nothing within ${TIMEOUT_MS / 1000} s` : oneLine(cause ?? error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
