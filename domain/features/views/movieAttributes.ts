import { FEATURE_TEXT_CHARACTERS } from '../../../contracts/sizes.ts';
import type { AttributeFeature } from '../../../contracts/settings/features.ts';
import { MOVIE } from './entities.ts';
import type { FeatureView } from './view.ts';

/** What is read from an attribute, which may hold anything; null where it is none of the type. */
const READ_AS: Readonly<Record<AttributeFeature['type'], (key: string) => string>> = {
  float64: (key) => `case when jsonb_typeof(attributes -> ${key}) = 'number' then (attributes ->> ${key})::float8 end`,
  int64: (key) => `case when jsonb_typeof(attributes -> ${key}) = 'number' and abs((attributes ->> ${key})::numeric) < 2^53
    and (attributes ->> ${key})::numeric = trunc((attributes ->> ${key})::numeric) then (attributes ->> ${key})::numeric::bigint end`,
  string: (key) => `left(attributes ->> ${key}, ${FEATURE_TEXT_CHARACTERS})`,
  bool: (key) =>
    `case when lower(attributes ->> ${key}) in ('true', 'yes', '1') then true when lower(attributes ->> ${key}) in ('false', 'no', '0') then false end`,
};

const quoted = (column: string) => `'${column.replaceAll("'", "''")}'`;

/** The first attributes that are known of a movie hold from the beginning, as its genres do; later ones from when they were changed. */
const VERSIONS = `(
    select movie_id, changed_at, attributes,
      case row_number() over (partition by movie_id order by changed_at) when 1 then 'epoch' else changed_at end as event_timestamp
    from movie_attribute_versions
  ) versions`;

/** What the owner of a catalogue says of its movies, in the further columns that were declared. */
export const movieAttributes = (declared: readonly AttributeFeature[]): FeatureView => ({
  name: 'movie_attributes',
  entity: MOVIE,
  description: 'What the owner of the catalogue says of a movie: further columns of its file of titles, or what was put there',
  owner: 'catalogue',
  tags: {},
  ttlSeconds: null,
  kind: 'batch',
  offlineTable: 'feature_movie_attributes',
  features: declared.map(({ name, type, column }) => ({
    ...{ name, type, description: `Column ${column}; null where it holds no ${type}`, provenance: 'catalogue' },
  })),
  sourceSql: `
  select movie_id::text as entity_id, event_timestamp,
    ${declared.map(({ name, type, column }) => `${READ_AS[type](quoted(column))} as "${name}"`).join(',\n    ')}
  from ${VERSIONS}
  where event_timestamp > $1::timestamptz and event_timestamp <= $2::timestamptz`,
  fingerprintSql: `
  select movie_id::text as entity_id, bit_xor(hash) filter (where event_timestamp <= $1::timestamptz) as before,
    bit_xor(hash) filter (where event_timestamp <= $2::timestamptz) as upto
  from (select movie_id, event_timestamp, hash_record_extended((changed_at, attributes), 0) as hash from ${VERSIONS}) hashed
  group by movie_id`,
});
