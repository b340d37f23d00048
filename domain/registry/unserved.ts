import { isBlobUri } from '../../contracts/blobUri.ts';
import { CHAMPION } from '../../contracts/models.ts';
import type { Database } from '../../platform/postgres.ts';
import { findVersions, type AliasedVersion } from './aliases.ts';

/** Null for a version that a model server can load: one whose files lie in our own store. */
export const whyNotServed = ({ name, version, source }: AliasedVersion): string | null =>
  isBlobUri(source)
    ? null
    : `version ${version} of ${name} was logged by a client (${source}); only versions that a training registered are served`;

/** What to tell who is about to make a version champion that no model server can load; undefined where one can. */
export async function warnOfUnserved(
  db: Database,
  { name, version }: { name: string; version: string },
): Promise<{ warning: string } | undefined> {
  const [next, now] = await findVersions(db, [
    { name, version },
    { name, alias: CHAMPION },
  ]);
  const why = next && whyNotServed(next);
  if (!why) return undefined;
  const answers = now && !whyNotServed(now) ? `. Version ${now.version} goes on answering` : '';
  return { warning: `It is not served: ${why}${answers}` };
}
