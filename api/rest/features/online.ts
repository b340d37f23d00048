import type { Registry } from 'prom-client';
import { features } from '../../../contracts/endpoints/features.ts';
import { missing } from '../../../contracts/failures.ts';
import type { EntityFeatures, EntityType } from '../../../contracts/onlineFeatures.ts';
import { movieIdsOf } from '../../../domain/catalogue/movieRefs.ts';
import { findView, type FeatureDefinitions } from '../../../domain/features/definitions.ts';
import { findFeatures } from '../../../domain/features/online/findFeatures.ts';
import { readIncomingRows } from '../../../domain/features/online/incomingRows.ts';
import { pushRows } from '../../../domain/features/online/pushRows.ts';
import type { readFeatures } from '../../../domain/features/online/readFeatures.ts';
import { selectOnlineFeatures } from '../../../domain/features/online/selection.ts';
import type { OnlineStore } from '../../../domain/features/online/store.ts';
import type { FeatureValue } from '../../../domain/features/views/view.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { measuredReadFeatures } from '../../featureServing.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';

interface OnlineFeatureDeps {
  readonly pool: Pool;
  readonly onlineStore: OnlineStore;
  readonly definitions: FeatureDefinitions;
  readonly metrics: Registry;
}
type Reading = Omit<OnlineFeatureDeps, 'pool' | 'metrics'> & { readonly read: typeof readFeatures };

export function createOnlineFeatureEndpoints(deps: OnlineFeatureDeps): Endpoint[] {
  const { pool, onlineStore: store, definitions } = deps;
  const reading: Reading = { ...deps, read: measuredReadFeatures(deps.metrics, 'rest') };
  /** @param called what the caller wrote */
  const readOne = async (entityType: EntityType, id: string, called = id): Promise<EntityFeatures> => {
    const [found] = await readEntities(reading, { entityType, ids: [id], references: findFeatures(definitions, entityType) });
    if (!found || Object.values(found.statuses).every((status) => status === 'NOT_FOUND'))
      throw missing(`The online store has no features of ${entityType} ${called}`);
    return { entity_type: entityType, ...found };
  };
  return [
    endpoint(features.movie, async ({ params }) => readOne('movie', (await movieIdsOf(pool, [params.id]))[0]!, params.id)),
    endpoint(features.user, ({ params }) => readOne('user', params.id)),
    endpoint(features.batch, async ({ body: { entity_type, entity_ids, features: names } }) => {
      const references = findFeatures(definitions, entity_type, names);
      const ids = entity_type === 'movie' ? await movieIdsOf(pool, entity_ids) : entity_ids;
      const results = await readEntities(reading, { entityType: entity_type, ids, references, names });
      return { entity_type, features: names, results };
    }),
    endpoint(features.push, async ({ body: { view: name, rows, to } }) => {
      const view = findView(definitions, name);
      const incoming = readIncomingRows(view, rows, Date.now());
      await pushRows({ db: pool, store }, { view, rows: incoming, to });
      return { view: name, rows: incoming.length, to };
    }),
  ];
}

interface Asked {
  readonly entityType: EntityType;
  readonly ids: readonly string[];
  readonly references: readonly string[];
  /** What the caller calls each; the feature's own name when missing */
  readonly names?: readonly string[];
}

async function readEntities(
  { onlineStore, definitions, read }: Reading,
  { entityType, ids, references, names }: Asked,
): Promise<Omit<EntityFeatures, 'entity_type'>[]> {
  const selection = selectOnlineFeatures(definitions, references);
  const columns = await read(onlineStore, selection, { ids: { [entityType]: ids }, now: Date.now() });
  const nameOf = (at: number) => names?.[at] ?? selection.features[at]?.feature.name ?? '';
  return ids.map((entity_id, row) => ({
    entity_id,
    features: Object.fromEntries(
      columns.map(({ values }, at) => [nameOf(at), JSON.parse(values[row]!) as Exclude<FeatureValue, readonly unknown[]>]),
    ),
    statuses: Object.fromEntries(columns.map(({ statuses }, at) => [nameOf(at), statuses[row]!])),
    event_timestamps: Object.fromEntries(selection.features.map(({ view }, at) => [view.name, toIso(columns[at]?.eventMs[row])])),
  }));
}

const toIso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
