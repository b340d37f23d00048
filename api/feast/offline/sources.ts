import { Field, Schema, Utf8 } from 'apache-arrow';
import type { FeatureDefinitions } from '../../../domain/features/definitions.ts';
import type { FeatureView } from '../../../domain/features/views/view.ts';
import { FeastFault } from '../faults.ts';
import { sourceOf } from '../repository.ts';
import { featureColumn, featureField } from './columns.ts';
import { makeBatch, type TableWriter } from './table.ts';

/** @throws FeastFault where `definitions.py` has no such source */
export function findSource({ views }: FeatureDefinitions, sourceJson: string): FeatureView {
  const name = nameIn(sourceJson);
  const view = views.find((candidate) => sourceOf(candidate) === name);
  if (view) return view;
  throw FeastFault.ofClass(
    'DataSourceObjectNotFoundException',
    `Data source ${name} does not exist; apply the definitions.py that is served here`,
  );
}

function nameIn(sourceJson: string): string {
  try {
    return String((JSON.parse(sourceJson) as { name?: unknown } | null)?.name);
  } catch {
    return 'without a name';
  }
}

/** Answers with the columns that rows of a view have when they are pushed: Feast takes rows with these and no others. */
export async function sendColumns({ entity, features }: FeatureView, writer: TableWriter): Promise<void> {
  const columns = [
    [entity.joinKey, 'string'],
    ...['event_timestamp', 'created'].map((name) => [name, 'timestamp[us, tz=UTC]']),
    ...features.map(({ name, type }) => [name, String(featureField(name, type).type).toLowerCase()]),
  ] as [string, string][];
  const schema = new Schema(['name', 'type'].map((field) => new Field(field, new Utf8(), true)));
  const texts = [0, 1].map((at) =>
    featureColumn(
      'string',
      columns.map((column) => column[at]!),
    ),
  );
  await writer.begin(schema);
  await writer.write(makeBatch(schema, columns.length, texts));
}
