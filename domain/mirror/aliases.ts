import { z } from 'zod';
import type { MlflowServer } from '../../platform/mlflowServer.ts';
import { getModel } from './models.ts';
import { tagOf, VERSION_TAG } from './tags.ts';
import { unless } from './unless.ts';
import { getVersion } from './versionsThere.ts';

const nothing = z.unknown();

/** What we would have to take from others. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
}

interface OwnAliases {
  readonly name: string;
  readonly aliases: readonly string[];
  /** That another version of the model has here, with that one's number there; null where it is not logged yet, and takes it along when it is */
  readonly aliases_elsewhere: Readonly<Record<string, string | null>>;
  /** That a version of the model ever had here */
  readonly aliases_ever: readonly string[];
}

/**
 * Sets the aliases of a version. One that another version has now is moved to that one, so that it never names none; one that was never ours stays.
 * @throws NotOurs for an alias that names a version there that we did not log; the others are set
 */
export async function mirrorAliases(server: MlflowServer, own: OwnAliases, version: string): Promise<void> {
  const { name } = own;
  const there = (await getModel(server, name))?.aliases ?? [];
  const taken: string[] = [];
  for (const alias of own.aliases) {
    const at = there.find((one) => one.alias === alias)?.version;
    if (at === version) continue;
    if (at === undefined || (await isOurs(server, name, at)))
      await server.ask('POST', '/registered-models/alias', { name, alias, version }, nothing);
    else taken.push(`the alias ${alias} names version ${at} there, which is not ours`);
  }
  for (const { alias, version: at } of there) {
    if (at !== version || own.aliases.includes(alias) || !own.aliases_ever.includes(alias)) continue;
    const other = own.aliases_elsewhere[alias];
    if (other === undefined) await server.ask('DELETE', '/registered-models/alias', { name, alias }, nothing);
    else if (other !== null)
      await unless('RESOURCE_DOES_NOT_EXIST', server.ask('POST', '/registered-models/alias', { name, alias, version: other }, nothing));
  }
  if (taken.length > 0) throw new NotOurs(taken.join('; '));
}

/** Takes away whatever names a version there. */
export async function removeAliases(server: MlflowServer, name: string, version: string): Promise<void> {
  const there = (await getModel(server, name))?.aliases ?? [];
  for (const { alias, version: at } of there)
    if (at === version) await server.ask('DELETE', '/registered-models/alias', { name, alias }, nothing);
}

async function isOurs(server: MlflowServer, name: string, version: string): Promise<boolean> {
  const there = await getVersion(server, name, version);
  return there === undefined || tagOf(there.tags, VERSION_TAG) !== undefined;
}
