import { invalid } from '../../../contracts/failures.ts';
import { VALUES_OF_REQUEST } from '../../../contracts/sizes.ts';
import type { FeatureValue, FeatureView, OnDemandView } from '../views/view.ts';
import { createPicker, encodeValue, NULL_JSON } from './encoding.ts';
import type { Selection } from './selection.ts';
import type { OnlineStore, StoredRow } from './store.ts';

/** What is known of a value. */
export type FeatureStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE';

/** The values of one feature, one for each row of the request. */
export interface FeatureColumn {
  /** JSON of each; null wherever the status is not PRESENT */
  readonly values: readonly string[];
  readonly statuses: readonly FeatureStatus[];
  /** Event time of each row in milliseconds; undefined where there is none. The same object for all features of a view. */
  readonly eventMs: readonly (number | undefined)[];
}

/** Ids by the name of the entity, as many of each as there are rows. */
export type EntityIds = Readonly<Record<string, readonly string[]>>;

/**
 * The latest values of each feature for each row, in one look at the store. On-demand features are computed here.
 * @param now in milliseconds; what is older than its view's ttl does not count
 * @returns a column for each feature of the selection, in its order
 * @throws Failure `invalid` when rows times features are more than VALUES_OF_REQUEST
 */
export async function readFeatures(
  store: Pick<OnlineStore, 'read'>,
  selection: Selection,
  { ids, now }: { ids: EntityIds; now: number },
): Promise<FeatureColumn[]> {
  refuseTooMany(selection, ids);
  const distinct = new Map(Object.entries(ids).map(([entity, list]) => [entity, distinctOf(list)]));
  const of = (view: FeatureView): DistinctIds => distinct.get(view.entity.name) ?? NO_IDS;
  const keys = selection.stored.flatMap(({ view }) => of(view).ids.map((entityId) => ({ view: view.name, entityId })));
  const rows = await store.read(keys);

  const columns = new Map<string, FeatureColumn>();
  let from = 0;
  for (const { view, names } of selection.stored) {
    const { ids: entityIds, places } = of(view);
    addStoredColumns(columns, { view, names, places, now, rows: rows.slice(from, from + entityIds.length) });
    from += entityIds.length;
  }
  for (const view of selection.onDemand) addComputedColumns(columns, view);
  return selection.features.map(({ reference }) => columns.get(reference)!);
}

function refuseTooMany({ features }: Selection, ids: EntityIds): void {
  const rows = Math.max(0, ...Object.values(ids).map(({ length }) => length));
  const most = Math.floor(VALUES_OF_REQUEST / Math.max(1, features.length));
  if (rows > most)
    throw invalid('features', `${features.length} of them for ${rows} rows are too many; ask for at most ${most} rows at once`);
}

interface DistinctIds {
  readonly ids: readonly string[];
  /** Where the id of each row stands in `ids`. */
  readonly places: readonly number[];
}
const NO_IDS: DistinctIds = { ids: [], places: [] };

/** A ranking request gives one user with each of its movies; the user is read once. */
function distinctOf(list: readonly string[]): DistinctIds {
  const places = new Map<string, number>();
  const at = list.map((id) => {
    const known = places.get(id);
    if (known !== undefined) return known;
    places.set(id, places.size);
    return places.size - 1;
  });
  return { ids: [...places.keys()], places: at };
}

interface StoredRows {
  readonly view: FeatureView;
  readonly names: readonly string[];
  readonly places: readonly number[];
  readonly rows: readonly (StoredRow | undefined)[];
  readonly now: number;
}

function addStoredColumns(columns: Map<string, FeatureColumn>, { view, names, places, rows, now }: StoredRows): void {
  const pick = createPicker(names);
  const oldest = view.ttlSeconds === null ? -Infinity : now - view.ttlSeconds * 1_000;
  const isStale = (row: StoredRow) => row.eventMs < oldest;
  const picked = rows.map((row) => (row === undefined || isStale(row) ? undefined : pick(row.text)));
  const eventMs = places.map((place) => rows[place]?.eventMs);
  const absent = (place: number): FeatureStatus => (rows[place] === undefined ? 'NOT_FOUND' : 'OUTSIDE_MAX_AGE');
  names.forEach((name, at) => {
    const values = places.map((place) => picked[place]?.[at] ?? NULL_JSON);
    const statuses = places.map((place, row) => (picked[place] ? statusOf(values[row]!) : absent(place)));
    columns.set(`${view.name}:${name}`, { values, statuses, eventMs });
  });
}

const statusOf = (json: string): FeatureStatus => (json === NULL_JSON ? 'NULL_VALUE' : 'PRESENT');

function addComputedColumns(columns: Map<string, FeatureColumn>, view: OnDemandView): void {
  const inputs = view.reads.map((reference) => ({ reference, values: columns.get(reference)?.values ?? [] }));
  const rows = (inputs[0]?.values ?? []).map((_, row) =>
    view.compute(Object.fromEntries(inputs.map(({ reference, values }) => [reference, JSON.parse(values[row]!) as FeatureValue]))),
  );
  const eventMs = rows.map(() => undefined);
  for (const { name, type } of view.features) {
    const values = rows.map((row) => encodeValue(type, row[name] ?? null));
    columns.set(`${view.name}:${name}`, { values, statuses: values.map(statusOf), eventMs });
  }
}
