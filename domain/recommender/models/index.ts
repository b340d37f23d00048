import { MODEL_KINDS, type ModelKind } from '../../../contracts/models.ts';
import type { ModelKindDefinition } from '../model/model.ts';

/** Each kind that specs.ts lists, from the folder of its name. */
const KINDS = new Map<ModelKind, ModelKindDefinition>();
for (const kind of MODEL_KINDS) {
  const folder = (await import(`./${kind}/index.ts`)) as { default: ModelKindDefinition };
  KINDS.set(kind, folder.default);
}

export const modelKind = (kind: ModelKind): ModelKindDefinition => KINDS.get(kind)!;
