import { missing } from '../../contracts/failures.ts';
import { CHAMPION, modelNameSchema, type ModelName } from '../../contracts/models.ts';
import type { BatchModel } from '../../contracts/batch.ts';
import type { Database } from '../../platform/postgres.ts';
import { getModelVersion, getVersionByAlias } from './versions.ts';

/**
 * The model of a batch, then popularity's champion for users whom it does not know, where there is one.
 * @throws Failure `missing` where there is no such version, or no champion
 */
export async function chooseBatchModels(db: Database, name: ModelName, version: string | undefined): Promise<BatchModel[]> {
  const chosen = version === undefined ? await getVersionByAlias(db, name, CHAMPION) : await getModelVersion(db, name, version);
  if (!chosen)
    throw missing(
      version === undefined
        ? `${name} has no champion yet; train it, or name a version`
        : `there is no version ${version} of model ${name}`,
      'ModelMissing',
    );
  const fallback = name === 'popularity' ? null : await getVersionByAlias(db, 'popularity', CHAMPION);
  return [chosen, ...(fallback ? [fallback] : [])].map(({ name: of, version: number, source }) => ({
    name: modelNameSchema.parse(of),
    version: number,
    source,
  }));
}
