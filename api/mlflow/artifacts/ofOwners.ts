import express, { type Router } from 'express';
import { z } from 'zod';
import type { Artifacts } from '../../../domain/artifacts/artifacts.ts';
import { findVersionEntry } from '../../../domain/registry/entries.ts';
import { findRootOfLoggedModel, findRootOfRun } from '../../../domain/registry/artifactRoots.ts';
import { requireRole } from '../../../platform/http/access.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { call, readRequest, type MlflowCall } from '../call.ts';
import { doesNotExist, invalidParameter } from '../faults.ts';
import { downloadUriOf } from '../modelShapes.ts';
import { checkFolder, checkPath } from './artifactPath.ts';
import { readVersionNumber } from '../modelNames.ts';
import { noVersionOf } from '../registeredModels.ts';
import { decodeVersionName } from './proxy.ts';
import { listed } from './listed.ts';
import { sendArtifact } from './sendArtifact.ts';

interface Deps {
  readonly pool: Pool;
  readonly artifacts: Artifacts;
}

const RUN = { run_id: z.string().optional(), run_uuid: z.string().optional() };

/** What is listed of the files of runs and logged models. */
export const createArtifactCalls = ({ pool, artifacts }: Deps): MlflowCall[] => [
  call({
    method: 'get',
    path: '/artifacts/list',
    role: 'viewer',
    request: z.object({ ...RUN, path: z.string().default('') }),
    async answer({ run_id, run_uuid, path }) {
      const folder = checkFolder(path);
      return listFolder(artifacts, await rootOfRun(pool, runIdOf({ run_id, run_uuid })), folder);
    },
  }),
  call({
    method: 'get',
    path: '/logged-models/:model_id/artifacts/directories',
    role: 'viewer',
    request: z.object({ model_id: z.string(), artifact_directory_path: z.string().default('') }),
    async answer({ model_id, artifact_directory_path }) {
      const folder = checkFolder(artifact_directory_path);
      return listFolder(artifacts, await rootOfLoggedModel(pool, model_id), folder);
    },
  }),
];

/** Files that MLflow's web page shows, of a run, a version and a logged model. */
export const createGetArtifact = ({ pool, artifacts }: Deps): Router =>
  express
    .Router()
    .get('/get-artifact', requireRole('viewer'), async (req, res) => {
      const { run_id, run_uuid, path } = readRequest(z.object({ ...RUN, path: z.string() }), req.query);
      const file = checkPath(path);
      const root = servedPath(await rootOfRun(pool, runIdOf({ run_id, run_uuid })));
      await sendArtifact(artifacts, below(root, file), req, res);
    })
    .get('/model-versions/get-artifact', requireRole('viewer'), async (req, res) => {
      const { name, version, path } = readRequest(z.object({ name: z.string(), version: z.string(), path: z.string() }), req.query);
      const file = checkPath(path);
      const root = servedPath(await rootOfVersion(pool, name, version), decodeVersionName);
      await sendArtifact(artifacts, below(root, file), req, res);
    })
    .get('/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files', requireRole('viewer'), async (req, res) => {
      const { artifact_file_path } = readRequest(z.object({ artifact_file_path: z.string() }), req.query);
      const file = checkPath(artifact_file_path);
      const root = servedPath(await rootOfLoggedModel(pool, String(req.params['model_id'])));
      await sendArtifact(artifacts, below(root, file), req, res);
    });

function runIdOf({ run_id, run_uuid }: { run_id?: string | undefined; run_uuid?: string | undefined }): string {
  const runId = run_id ?? run_uuid;
  if (runId !== undefined) return runId;
  throw invalidParameter("Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.");
}

async function rootOfRun(pool: Pool, runId: string): Promise<string> {
  const root = await findRootOfRun(pool, runId);
  if (root === null) throw doesNotExist(`Run with id=${runId} not found`);
  return root;
}

async function rootOfVersion(pool: Pool, name: string, version: string): Promise<string> {
  const entry = await findVersionEntry(pool, name, readVersionNumber(version));
  if (!entry) throw noVersionOf(name, version);
  const uri = downloadUriOf(entry);
  const [, runId, path] = /^runs:\/+([^/]+)\/(.+)$/.exec(uri) ?? [];
  return runId === undefined || path === undefined ? uri : below(await rootOfRun(pool, runId), path);
}

async function rootOfLoggedModel(pool: Pool, modelId: string): Promise<string> {
  const found = await findRootOfLoggedModel(pool, modelId);
  if (found === null) throw doesNotExist(`Logged model with ID '${modelId}' not found.`);
  return found.root;
}

async function listFolder(artifacts: Artifacts, root: string, folder: string) {
  return { root_uri: root, ...listed(await artifacts.list(below(servedPath(root), folder)), folder) };
}

/** Files are read from here alone, wherever an experiment says that its own lie. @throws MlflowFault for another place */
function servedPath(root: string, decode = (path: string) => path): string {
  const [, path] = /^mlflow-artifacts:\/+(?!\/)(.*)$/.exec(root) ?? [];
  if (path === undefined) throw invalidParameter(`The files lie in ${root}, which whoever reads them opens; this server does not.`);
  return checkPath(decode(path));
}

const below = (root: string, path: string) => (path === '' ? root : `${root}/${path}`);
