import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { MOST_PARTS, type PartUploads } from '../../../domain/artifacts/partUploads.ts';
import { requireRole, type Principal } from '../../../platform/http/access.ts';
import { streamBody } from '../../../platform/http/streamedBody.ts';
import { bodyOf, readRequest } from '../call.ts';
import { checkFolder, checkPath } from './artifactPath.ts';

const name = z.string().min(1);
const createSchema = z.object({ path: name, num_parts: z.coerce.number().int().min(1).max(MOST_PARTS).default(1) });
const completeSchema = z.object({
  path: name,
  upload_id: name,
  parts: z.array(z.object({ part_number: z.coerce.number().int(), etag: z.string() })).max(MOST_PARTS),
});
const abortSchema = z.object({ path: name, upload_id: name });

/** Uploads in parts, without a prefix: the parts, each a body of any size. Where MLflow's own server names addresses of a cloud's store, we name these. */
export const createPartUploadStreams = (uploads: PartUploads): Router =>
  express.Router().put('/mpu/part/:upload/:number', requireRole('operator', 'data'), async (req, res) => {
    const { upload, number } = req.params as { upload: string; number: string };
    const { version } = await uploads.putPart(upload, Number(number), streamBody(req, res));
    res.set('etag', `"${version}"`).status(200).end();
  });

export function createPartUploadCalls(uploads: PartUploads): Router {
  const router = express.Router();
  const operator = requireRole('operator', 'data');
  router.post('/mpu/create{/*folder}', operator, async (req, res) => {
    const { path, num_parts: parts } = readRequest(createSchema, bodyOf(req.body));
    const id = await uploads.begin(fileOf(req, path), parts);
    const part = (at: number) => ({
      url: `${originOf(req)}${req.baseUrl}/mpu/part/${id}/${at}`,
      part_number: at,
      headers: ownCredentials(req),
    });
    res.set('cache-control', 'no-store').json({ upload_id: id, credentials: Array.from({ length: parts }, (_, at) => part(at + 1)) });
  });
  router.post('/mpu/complete{/*folder}', operator, async (req, res) => {
    const { path, upload_id: id, parts } = readRequest(completeSchema, bodyOf(req.body));
    const sent = parts.map(({ part_number: number, etag }) => ({ number, version: etag.replaceAll('"', '') }));
    await uploads.complete(id, fileOf(req, path), sent, callerOf(res).name);
    res.json({});
  });
  router.post('/mpu/abort{/*folder}', operator, async (req, res) => {
    const { path, upload_id: id } = readRequest(abortSchema, bodyOf(req.body));
    await uploads.abort(id, fileOf(req, path));
    res.json({});
  });
  return router;
}

const callerOf = (res: Response) => res.locals['principal'] as Principal;

/** The client sends the folder in the address, and the path that the file has on its own disk. */
function fileOf(req: Request, local: string): string {
  const { folder = [] } = req.params as unknown as { folder?: string[] };
  if (folder.some((part) => part.includes('/'))) return checkPath('..');
  const root = checkFolder(folder.join('/'));
  const file = local.slice(Math.max(local.lastIndexOf('/'), local.lastIndexOf('\\')) + 1);
  return checkPath(root === '' ? file : `${root}/${file}`);
}

/** Where the caller sees us, also through a proxy that speaks TLS: what it sends there has its credentials. */
const originOf = (req: Request) => `${req.get('x-forwarded-proto') === 'https' ? 'https' : req.protocol}://${req.get('host')}`;

/** The client sends a part with these headers and no other of its own, so each goes back to whoever sent it. */
const ownCredentials = (req: Request) =>
  Object.fromEntries(['authorization', 'x-api-key'].flatMap((header) => (req.get(header) ? [[header, req.get(header)]] : [])));
