import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import type { Artifacts, OpenArtifact } from '../../../domain/artifacts/artifacts.ts';
import { doesNotExist, invalidParameter } from '../faults.ts';

/**
 * Answers with an artifact, or with the range of it that was asked for. It is there to be kept as a file: what a run stored is no page of ours, and runs no
 * script here.
 * @throws MlflowFault where there is none
 */
export async function sendArtifact(artifacts: Artifacts, path: string, req: Request, res: Response): Promise<void> {
  const artifact = await artifacts.open(path);
  if (!artifact) throw (await artifacts.list(path)).length > 0 ? isDirectory(path) : doesNotExist(`No such artifact: '${path}'`);
  try {
    describe(artifact, path, res);
    await sendContent(artifact, req, res);
  } catch (error) {
    if (!res.headersSent) throw error;
    res.destroy(); // a connection that is cut tells that this is not all
  } finally {
    await artifact.close();
  }
}

const isDirectory = (path: string) => invalidParameter(`Artifact path refers to a directory, not a file: '${path}'`);

function describe({ version, sha256, modifiedAt }: OpenArtifact, path: string, res: Response): void {
  res.attachment(path.slice(path.lastIndexOf('/') + 1));
  res.set({
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'content-security-policy': "sandbox; default-src 'none'",
    etag: `"${version}"`,
    'last-modified': modifiedAt.toUTCString(),
    ...(sha256 && { 'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` }),
  });
}

async function sendContent(artifact: OpenArtifact, req: Request, res: Response): Promise<void> {
  if (req.fresh) return void res.status(304).end();
  const range = askedRange(req, res, artifact.bytes);
  if (range === 'unsatisfiable') return void res.writeHead(416, { 'content-range': `bytes */${artifact.bytes}` }).end();
  if (range) res.status(206).set('content-range', `bytes ${range.start}-${range.end}/${artifact.bytes}`);
  res.set('content-length', String(range ? range.end - range.start + 1 : artifact.bytes));
  if (req.method === 'HEAD' || artifact.bytes === 0) return void res.end();
  await pipeline(await artifact.read(range), res);
}

/** One range; more than one at once is answered with the whole, as is one of another state of the file. */
function askedRange(req: Request, res: Response, bytes: number): { start: number; end: number } | 'unsatisfiable' | undefined {
  const ifRange = req.get('if-range');
  if (ifRange !== undefined && ifRange !== res.get('etag')) return undefined;
  const ranges = req.range(bytes);
  if (ranges === -1) return 'unsatisfiable';
  return Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
}
