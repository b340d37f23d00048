import type { FeatureDefinitions } from '../../domain/features/definitions.ts';
import type { FeatureService, FeatureType, FeatureView } from '../../domain/features/views/view.ts';
import { PROJECT } from './faults.ts';
import { pushSourceOf } from './writes.ts';

/**
 * The two files of a Feast repository whose stores, online and offline, are this server: `feature_store.yaml`, and the definitions that `feast apply`
 * registers in a file of the client's own. On-demand features are computed here and left out there, since Feast would compute them itself.
 * @param url of this server, as its caller reached it
 */
export const featureStoreYaml = (url: URL): string => `project: ${PROJECT}
provider: local
registry: registry.db
online_store:
  type: remote
  path: ${url.origin}
offline_store:
  type: remote
  scheme: ${schemeOf(url)}
  host: "${url.hostname}"
  port: ${url.port || DEFAULT_PORTS[schemeOf(url)]}
entity_key_serialization_version: 3
`;

const schemeOf = ({ protocol }: URL) => (protocol === 'https:' ? 'https' : 'http');
const DEFAULT_PORTS = { http: 80, https: 443 };

const PYTHON_TYPES: Readonly<Record<FeatureType, string>> = {
  int64: 'Int64',
  float64: 'Float64',
  string: 'String',
  bool: 'Bool',
  timestamp: 'UnixTimestamp',
  int64_list: 'Array(Int64)',
  float64_list: 'Array(Float64)',
  string_list: 'Array(String)',
};

export function definitionsPython({ entities, views, services }: FeatureDefinitions): string {
  // Users' ids are opaque, movies' are the catalogue's numbers.
  const ofEntities = entities.map(
    ({ name, joinKey, description }) =>
      `${name} = Entity(name="${name}", join_keys=["${joinKey}"], value_type=ValueType.${name === 'movie' ? 'INT64' : 'STRING'}, description=${JSON.stringify(description)})`,
  );
  const known = new Set(views.map(({ name }) => name));
  return [
    'from datetime import timedelta\n',
    'from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType',
    'from feast.types import Array, Bool, Float64, Int64, String, UnixTimestamp\n',
    ...ofEntities,
    ...views.map(viewPython),
    ...services.map((service) => servicePython(service, known)),
  ].join('\n');
}

/** The batch source of a view, by whose name the offline store is asked about its columns. */
export const sourceOf = ({ name }: FeatureView): string => `${name}_file`;

/** Feast wants a batch source for a push source, and has none for a remote store: nothing reads the file that this one names. */
const viewPython = (view: FeatureView) => `
${view.name} = FeatureView(
    name="${view.name}",
    description=${JSON.stringify(view.description)},
    entities=[${view.entity.name}],
    ttl=timedelta(seconds=${view.ttlSeconds ?? 0}),
    schema=[
${view.features.map(({ name, type }) => `        Field(name="${name}", dtype=${PYTHON_TYPES[type]}),`).join('\n')}
    ],
    source=PushSource(
        name="${pushSourceOf(view)}",
        batch_source=FileSource(
            name="${sourceOf(view)}", path="${view.name}.parquet", timestamp_field="event_timestamp", created_timestamp_column="created"
        ),
    ),
)`;

function servicePython({ name, features }: FeatureService, known: ReadonlySet<string>): string {
  const byView = new Map<string, string[]>();
  for (const reference of features) {
    const [view = '', feature = ''] = reference.split(':');
    if (known.has(view)) byView.set(view, [...(byView.get(view) ?? []), feature]);
  }
  const parts = [...byView].map(([view, names]) => `${view}[[${names.map((one) => `"${one}"`).join(', ')}]]`);
  return `\n${name}_service = FeatureService(name="${name}", features=[${parts.join(', ')}])`;
}
