import { missing } from '../../contracts/failures.ts';
import { CHAMPION } from '../../contracts/models.ts';
import type { ModelState } from './scorer.ts';

type Found = Pick<ModelState, 'name' | 'version' | 'refs'>;

/**
 * The version that is asked for; where none is, the champion, or the newest where that is not loaded.
 * @throws Failure `missing` where it is not loaded
 */
export function findModel<Model extends Found>(models: readonly Model[], name: string, version: string | undefined): Model {
  const versions = versionsOf(models, name);
  const found =
    version === undefined
      ? (versions.find(({ refs }) => refs.some((ref) => ref === `${name}@${CHAMPION}`)) ?? versions.at(-1))
      : versions.find((loaded) => loaded.version === version);
  if (!found) throw missing(`model ${name}${version === undefined ? '' : ` ${version}`} is not loaded; ${listLoaded(models)}`);
  return found;
}

/** Oldest first. */
export const versionsOf = <Model extends Found>(models: readonly Model[], name: string): Model[] =>
  models.filter((loaded) => loaded.name === name).sort((a, b) => Number(a.version) - Number(b.version));

function listLoaded(models: readonly Found[]): string {
  const loaded = models.map(({ name, version }) => `${name} ${version}`);
  return loaded.length > 0 ? `there are ${loaded.join(', ')}` : 'no model is';
}
