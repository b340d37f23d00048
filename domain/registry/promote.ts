import { Failure } from '../../contracts/failures.ts';
import { CHALLENGER, CHAMPION } from '../../contracts/models.ts';
import type { ModelVersion } from '../../contracts/registry.ts';
import type { GateVerdict } from '../../contracts/training.ts';
import type { Pool } from '../../platform/postgres.ts';
import { removeAlias, setAlias } from './aliases.ts';
import { withAuthor, type Author } from './author.ts';
import { warnOfUnserved } from './unserved.ts';
import { getModelVersion, noVersion, transitionStage } from './versions.ts';

export interface Promotion {
  readonly name: string;
  readonly version: string;
  /** Also where the gate was not passed */
  readonly force: boolean;
}

/**
 * Makes a version champion and puts it in Production, whose other versions are archived: all of it or nothing.
 * @returns it, with a warning where it cannot be served
 * @throws Failure `missing` where there is no such version; `conflict` with the rules that were broken where the gate was not passed
 */
export const promoteVersion = (
  pool: Pool,
  { name, version, force }: Promotion,
  author: Author,
): Promise<ModelVersion & { warning?: string }> =>
  withAuthor(pool, author, async (db) => {
    const found = await getModelVersion(db, name, version);
    if (!found) throw noVersion(name, version);
    if (!force && !found.gate?.passed) throw notPassed(found, found.gate);
    const warning = await warnOfUnserved(db, { name, version });
    await transitionStage(db, { name, version, stage: 'Production', archiveOthers: true });
    await setAlias(db, { name, alias: CHAMPION, version });
    if (found.aliases.includes(CHALLENGER)) await removeAlias(db, name, CHALLENGER);
    return { ...(await getModelVersion(db, name, version))!, ...warning };
  });

export function notPassed({ name, version }: ModelVersion, gate: GateVerdict | null): Failure {
  const broken = gate?.rules.filter(({ passed }) => !passed) ?? [];
  const why = gate
    ? `did not pass the gate: ${broken.map(({ rule, detail }) => `${rule} (${detail})`).join('; ')}`
    : 'was not judged by the gate';
  return new Failure('conflict', `version ${version} of ${name} ${why}. With force and a description it is promoted all the same`, {
    errors: broken.map(({ rule, value, bound, detail }) => ({ field: rule, message: `${detail} [value ${value}, bound ${bound}]` })),
  });
}
