import type { FeatureDefinitions } from '../../domain/features/definitions.ts';
import { readIncomingRows } from '../../domain/features/online/incomingRows.ts';
import { PUSH_TARGETS, pushRows } from '../../domain/features/online/pushRows.ts';
import type { OnlineStore } from '../../domain/features/online/store.ts';
import type { FeatureView } from '../../domain/features/views/view.ts';
import type { Pool } from '../../platform/postgres.ts';
import { checkBody, type Field } from './body.ts';
import { FeastFault } from './faults.ts';

export interface WriteDeps {
  readonly pool: Pool;
  readonly store: OnlineStore;
  readonly definitions: FeatureDefinitions;
}

const OPTIONS: readonly Field[] = [
  { name: 'allow_registry_cache', kind: 'boolean' },
  { name: 'transform_on_write', kind: 'boolean' },
];
const PUSH_FIELDS: readonly Field[] = [
  { name: 'push_source_name', kind: 'string', isRequired: true },
  { name: 'df', kind: 'object', isRequired: true },
  { name: 'to', kind: 'string' },
  ...OPTIONS,
];
const WRITE_FIELDS: readonly Field[] = [
  { name: 'feature_view_name', kind: 'string', isRequired: true },
  { name: 'df', kind: 'object', isRequired: true },
  ...OPTIONS,
];

/** The push source of a view, as `definitions.py` names it. */
export const pushSourceOf = ({ name }: FeatureView): string => `${name}_push`;

/** `/push`: rows for the stores that the body names. */
export async function takePush({ pool, store, definitions }: WriteDeps, body: unknown): Promise<void> {
  const { push_source_name, df, to = 'online' } = checkBody(body, PUSH_FIELDS);
  const target = PUSH_TARGETS.find((known) => known === to);
  if (!target) {
    const known = "['online', 'offline', 'online_and_offline']";
    throw FeastFault.ofValue(`${to as string} is not a supported push format. Please specify one of these ${known}.`);
  }
  const view = definitions.views.find((candidate) => pushSourceOf(candidate) === push_source_name);
  if (!view) throw FeastFault.ofClass('PushSourceNotFoundException', `Unable to find push source '${push_source_name as string}'.`);
  await pushRows({ db: pool, store }, { view, rows: rowsOf(view, df), to: target });
}

/** `/write-to-online-store`: rows of a view for the online store. */
export async function takeWrite({ pool, store, definitions }: WriteDeps, body: unknown): Promise<void> {
  const { feature_view_name, df } = checkBody(body, WRITE_FIELDS);
  const view = definitions.views.find(({ name }) => name === feature_view_name);
  if (!view) {
    const message = `Can't recognize feast object with a name ${feature_view_name as string}`;
    throw FeastFault.ofClass('FeastObjectNotFoundException', message);
  }
  await pushRows({ db: pool, store }, { view, rows: rowsOf(view, df), to: 'online' });
}

const rowsOf = (view: FeatureView, df: unknown) => readIncomingRows(view, df as Readonly<Record<string, unknown>>, Date.now());
