import { DataType, Schema, type Field, type RecordBatch } from 'apache-arrow';
import type { FeatureDefinitions } from '../../../domain/features/definitions.ts';
import { readHistoricalFeatures, type EntityRows } from '../../../domain/features/historicalFeatures.ts';
import type { Selection } from '../../../domain/features/online/selection.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { FeastFault } from '../faults.ts';
import { selectOrFault } from '../selectOrFault.ts';
import { featureColumn, featureField, readIds, readTimes } from './columns.ts';
import type { HistoricalCommand } from './commands.ts';
import { makeBatch, type SentTable, type TableWriter } from './table.ts';

/** Of one part of an answer: so many values are made while nobody else is answered, some 50 ms. */
const VALUES_OF_PART = 50_000;
const ROWS_OF_PART = 5_000;

export interface HistoricalDeps {
  readonly pool: Pool;
  readonly definitions: FeatureDefinitions;
}

interface Part extends EntityRows {
  readonly batch: RecordBatch;
}

/**
 * Answers `get_historical_features`: the table as it came, row by row, and behind its columns the features as they were at each row's own time.
 * @throws FeastFault, or Failure `invalid`, that names the column or the row at fault
 */
export async function answerHistorical(
  { pool, definitions }: HistoricalDeps,
  command: HistoricalCommand,
  table: SentTable,
  writer: TableWriter,
): Promise<void> {
  refuseOtherWays(command, table);
  const references = command.feature_refs.map((reference) => withoutAlias(command, reference));
  const selection = selectOrFault(definitions, references);
  const kept = table.schema.fields.filter(({ name }) => !INDEX_OF_PANDAS.test(name));
  const schema = answerSchema(kept, selection, command);
  const keys = keysIn(kept, selection, timeColumn(kept));
  await writer.begin(schema);
  const rowsOfPart = Math.max(1, Math.min(ROWS_OF_PART, Math.floor(VALUES_OF_PART / references.length)));
  const parts = partsOf(table, { ...keys, rowsOfPart });
  await readHistoricalFeatures(pool, definitions, { references, parts }, (columns, { batch }) => {
    const features = columns.map((values, at) => featureColumn(selection.features[at]!.feature.type, values));
    const sent = kept.map(({ name }) => batch.getChild(name)!.data[0]!);
    return writer.write(makeBatch(schema, batch.numRows, [...sent, ...features]));
  });
}

/** The client sends a table with this column where it was given none. */
const NO_TABLE = 'key';
const INDEX_OF_PANDAS = /^__index_level_\d+__$/;

function refuseOtherWays({ entity_df_sql }: HistoricalCommand, { schema }: SentTable): void {
  const isNone = schema.fields.length === 1 && schema.fields[0]!.name === NO_TABLE;
  if (entity_df_sql !== undefined || isNone)
    throw FeastFault.ofValue(
      'Give entity_df as a DataFrame: rows with an event_timestamp and the join keys. SQL and spans of time are not read here',
    );
}

/** A view that a feature service takes under another name. */
function withoutAlias({ feature_view_names, name_aliases }: HistoricalCommand, reference: string): string {
  const [name = '', ...rest] = reference.split(':');
  const at = name_aliases.indexOf(name);
  return at === -1 ? reference : [feature_view_names[at], ...rest].join(':');
}

/** @throws FeastFault where two columns would have one name */
function answerSchema(kept: readonly Field[], { features }: Selection, { full_feature_names, feature_refs }: HistoricalCommand): Schema {
  const added = features.map(({ feature }, at) => {
    const [view = ''] = feature_refs[at]!.split(':');
    return featureField(full_feature_names ? `${view}__${feature.name}` : feature.name, feature.type);
  });
  const names = [...kept, ...added].map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return new Schema([...kept, ...added]);
  throw FeastFault.ofValue(
    `Two columns would be called ${twice}: give full_feature_names=True, or call the one in entity_df something else`,
  );
}

/** `event_timestamp`, or the only column of times, as for Feast. */
function timeColumn(fields: readonly Field[]): string {
  const named = fields.find(({ name }) => name === 'event_timestamp');
  const ofTimes = fields.filter(({ type }) => DataType.isTimestamp(type));
  const found = named ?? (ofTimes.length === 1 ? ofTimes[0] : undefined);
  if (found) return found.name;
  throw FeastFault.ofValue('Please provide an entity_df with a column named event_timestamp representing the time of events.');
}

interface Keys {
  readonly time: string;
  readonly joinKeys: readonly string[];
}

function keysIn(fields: readonly Field[], { entities }: Selection, time: string): Keys {
  const joinKeys = entities.map(({ joinKey }) => joinKey);
  const missing = joinKeys.filter((key) => !fields.some(({ name }) => name === key));
  if (missing.length === 0) return { time, joinKeys };
  const [expected, absent] = [joinKeys, missing].map((keys) => `{${keys.map((key) => `'${key}'`).join(', ')}}`);
  const message = `The entity dataframe you have provided must contain columns ${expected}, but ${absent} were missing.`;
  throw FeastFault.ofClass('FeastEntityDFMissingColumnsError', message);
}

function* partsOf({ batches }: SentTable, { time, joinKeys, rowsOfPart }: Keys & { rowsOfPart: number }): Generator<Part> {
  let before = 0;
  for (const whole of batches) {
    for (let from = 0; from < whole.numRows; from += rowsOfPart) {
      const batch = whole.slice(from, from + rowsOfPart);
      const named = (name: string) => ({ name, column: batch.getChild(name)!, before });
      const ids = Object.fromEntries(joinKeys.map((key) => [key, readIds(named(key))]));
      yield { batch, times: readTimes(named(time)), ids };
      before += batch.numRows;
    }
  }
}
