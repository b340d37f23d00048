import express, { type Request, type Response, type Router } from 'express';
import type { Artifacts } from '../../../domain/artifacts/artifacts.ts';
import { auditedRequest } from '../../../platform/audit.ts';
import { requireRole, type Principal } from '../../../platform/http/access.ts';
import { streamBody } from '../../../platform/http/streamedBody.ts';
import { invalidParameter, MlflowFault } from '../faults.ts';
import { checkFolder, checkPath } from './artifactPath.ts';
import { listed } from './listed.ts';
import { sendArtifact } from './sendArtifact.ts';

/** The artifact proxy, without a prefix: what reads a body of any size itself. */
export const createUploads = (artifacts: Artifacts): Router =>
  express.Router().put('/artifacts/*path', requireRole('operator', 'data'), async (req, res) => {
    const path = checkPath(pathOf(req));
    await artifacts.put(path, { content: streamBody(req, res), sha256: toldDigest(req), by: callerOf(res).name });
    res.status(200).end();
  });

/** The rest of it. */
export const createProxy = (artifacts: Artifacts): Router =>
  express
    .Router()
    .get('/artifacts', requireRole('viewer'), async (req, res) => {
      const { path = '' } = req.query;
      if (typeof path !== 'string') throw invalidParameter("Invalid value for parameter 'path' supplied: it is there more than once.");
      res.json(listed(await artifacts.list(checkFolder(decodeVersionName(path)))));
    })
    .get('/artifacts/*path', requireRole('viewer'), (req, res) => sendArtifact(artifacts, checkPath(pathOf(req)), req, res))
    .delete('/artifacts/*path', requireRole('operator'), async (req, res) => {
      await auditedRequest()?.begin();
      await artifacts.remove(checkPath(pathOf(req).replace(/\/$/, '')));
      res.json({});
    })
    .get('/presigned/*path', requireRole('viewer'), () => {
      throw new MlflowFault('NOT_IMPLEMENTED', 'Multipart download is not supported for the current artifact repository');
    });

const callerOf = (res: Response) => res.locals['principal'] as Principal;

/** Of the address, decoded once. */
const pathOf = (req: Request) => (req.params as unknown as { path: string[] }).path.map(refuseSlash).join('/');

/** @throws MlflowFault for a name with a slash in it, which would be two names */
function refuseSlash(name: string): string {
  if (name.includes('/')) throw invalidParameter('Invalid path');
  return name;
}

/** The name of a model stands percent-encoded in the address of a version's files, and a query holds that address as it is. */
export const decodeVersionName = (path: string) =>
  path.replace(/^versions\/([^/]*)/, (whole, name: string) => {
    try {
      return `versions/${refuseSlash(decodeURIComponent(name))}`;
    } catch {
      return whole;
    }
  });

const SHA_256 = /^sha-256=:([A-Za-z0-9+/]{43}=):$/;

/**
 * What the caller says of the file, by Repr-Digest or Content-Digest (RFC 9530); other algorithms are passed over.
 * @returns in hexadecimal
 * @throws MlflowFault for a SHA-256 that cannot be read
 */
function toldDigest(req: Request): string | undefined {
  const digests = (req.get('repr-digest') ?? req.get('content-digest') ?? '').split(',').map((digest) => digest.trim());
  const told = digests.find((digest) => /^sha-?256/i.test(digest));
  if (told === undefined) return undefined;
  const [, base64] = SHA_256.exec(told) ?? [];
  if (base64 === undefined) throw invalidParameter('Invalid digest: a SHA-256 is sha-256=:<base64>:');
  return Buffer.from(base64, 'base64').toString('hex');
}
