import { z } from 'zod';
import { BODY_BYTES, BODY_DEPTH, FEATURES_OF_REQUEST, ID_CHARACTERS } from '../../../contracts/sizes.ts';
import { refuseDeepJson } from '../../../platform/http/jsonDepth.ts';
import { FeastFault } from '../faults.ts';

/** What a call to the offline store is about, as Feast's client writes it beside the table. */
const name = z.string().max(ID_CHARACTERS);
const names = z.array(name).max(FEATURES_OF_REQUEST);
const aliases = z.array(name.nullable()).max(FEATURES_OF_REQUEST);
/** A data source as JSON, which this looks for the name of. */
const source = z.string().max(BODY_BYTES);

const COMMANDS = z.discriminatedUnion('api', [
  z.object({
    api: z.literal('get_historical_features'),
    feature_view_names: names,
    name_aliases: aliases,
    feature_refs: z
      .array(z.string().max(2 * ID_CHARACTERS + 1))
      .min(1)
      .max(FEATURES_OF_REQUEST),
    full_feature_names: z.boolean(),
    entity_df_sql: z.string().max(BODY_BYTES).optional(),
  }),
  z.object({ api: z.literal('get_table_column_names_and_types_from_data_source'), data_source_proto: source }),
  z.object({ api: z.literal('validate_data_source'), data_source_proto: source }),
  z.object({ api: z.literal('offline_write_batch'), feature_view_names: names.length(1) }),
]);

/** What Feast's client may ask of an offline store and is not done here, with what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  persist: 'Saved datasets are not kept here: write what to_df() or to_arrow() gives to a file of yours',
  pull_latest_from_table_or_query: 'Features are brought online by this server itself: store.materialize(), or POST /materialize',
  pull_all_from_table_or_query: 'Whole tables are not read here: get_historical_features() answers what you name, by its time',
  write_logged_features: 'Served features are not logged here',
};
const askedSchema = z.object({ api: z.string() });

export type OfflineCommand = z.infer<typeof COMMANDS>;
export type HistoricalCommand = Extract<OfflineCommand, { api: 'get_historical_features' }>;

/** @throws FeastFault that says what is wrong with it */
export function readCommand(bytes: Uint8Array | undefined): OfflineCommand {
  const given = parseJson(bytes);
  const parsed = COMMANDS.safeParse(given);
  if (parsed.success) return parsed.data;
  const asked = askedSchema.safeParse(given);
  const instead = asked.success && Object.hasOwn(INSTEAD, asked.data.api) ? INSTEAD[asked.data.api] : undefined;
  if (instead !== undefined) throw FeastFault.ofValue(instead);
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw FeastFault.ofValue(`This is no call that is answered here: ${faults.join('; ')}`);
}

function parseJson(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || bytes.length > 2 * BODY_BYTES) throw FeastFault.ofValue('A call begins with a command of at most 2 MB');
  try {
    refuseDeepJson(bytes);
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    throw FeastFault.ofValue(`The command is no JSON that nests at most ${BODY_DEPTH} deep`);
  }
}
