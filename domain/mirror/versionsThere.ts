import { z } from 'zod';
import type { MlflowServer } from '../../platform/mlflowServer.ts';
import { RUN_TAG, tagOf, tagsSchema, VERSION_TAG } from './tags.ts';
import { unless } from './unless.ts';

const versionSchema = z.object({ name: z.string(), version: z.string(), current_stage: z.string().default('None'), tags: tagsSchema });
export const oneVersionSchema = z.object({ model_version: versionSchema });
const foundSchema = z.object({ model_versions: z.array(versionSchema).default([]) });
export type VersionThere = z.output<typeof versionSchema>;

/** What tells one of our versions from every other: a number is given again where its model was deleted and made anew. */
export interface VersionKey {
  readonly name: string;
  readonly version: string;
  readonly run: string | null;
}

export async function getVersion(server: MlflowServer, name: string, version: string): Promise<VersionThere | undefined> {
  const found = await unless('RESOURCE_DOES_NOT_EXIST', server.ask('GET', '/model-versions/get', { name, version }, oneVersionSchema));
  return found?.model_version;
}

/** @param known its number there, where it is known; what has this number now may be another's */
export async function findVersion(server: MlflowServer, key: VersionKey, known: string | null): Promise<VersionThere | undefined> {
  const { name, version, run } = key;
  const isSame = (one: VersionThere) => tagOf(one.tags, VERSION_TAG) === version && tagOf(one.tags, RUN_TAG) === (run ?? undefined);
  if (known !== null) {
    const there = await getVersion(server, name, known);
    if (there && isSame(there)) return there;
  }
  const filter = `tags."${run === null ? VERSION_TAG : RUN_TAG}" = '${run ?? version}'`;
  const { model_versions: found } = await server.ask('GET', '/model-versions/search', { filter, max_results: '100' }, foundSchema);
  return found.find((one) => one.name === name && isSame(one));
}
