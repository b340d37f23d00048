import type { Express } from 'express';
import path from 'node:path';
import { followChanges } from '../domain/serving/followChanges.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import type { Config } from '../platform/config.ts';
import { createPool, POOL_WAITS } from '../platform/postgres.ts';
import type { ProcessContext } from '../platform/process.ts';
import type { TensorflowRuntime } from '../platform/tensorflow.ts';
import { createServingApp } from './app.ts';

export type ServingSettings = Pick<Config, 'database' | 'blobUrl' | 'access' | 'stateDir'> &
  Partial<Pick<Config, 's3'>> & { readonly tensorflow: TensorflowRuntime };
type ServingContext = Pick<ProcessContext, 'log' | 'metrics' | 'health'>;

/** The model server with the engines it follows. It starts whatever is down, and takes up the champions as soon as it can. */
export function connectServing(settings: ServingSettings, context: ServingContext): { app: Express; close(): Promise<void> } {
  const { database, blobUrl, s3, access, tensorflow, stateDir } = settings;
  const pool = createPool({ ...database, log: context.log, waits: POOL_WAITS.serving });
  const { app, routes, shelf, gone, ownSets, facts, rules, served } = createServingApp({
    ...context,
    access,
    pool,
    blobs: createBlobStore(blobUrl, s3),
    tensorflow,
    servedFolder: path.join(stateDir, 'served'),
  });
  const follow = { url: database.directUrl ?? database.url, log: context.log };
  const following = [
    followChanges({ ...follow, channel: 'registry_changed', refresh: () => routes.refresh() }),
    followChanges({
      ...follow,
      channel: 'catalogue_changed',
      refresh: async () => void (await Promise.all([gone.refresh(), ownSets.refresh(), facts.refresh(), rules.refresh()])),
    }),
  ];
  return {
    app,
    async close() {
      await Promise.all(following.map((one) => one.stop()));
      await served.close();
      shelf.dispose();
      await pool.end();
    },
  };
}
