import type { DescribedDefinitions } from '../../../contracts/featureRegistry.ts';

/** From where values come to who reads them. */
const STATIONS = ['source', 'view', 'derived', 'service', 'model'] as const;
export type Station = (typeof STATIONS)[number];

export interface Thing {
  /** Such as `view:movie_features`: a service may be called as a model is */
  readonly id: string;
  readonly station: Station;
  readonly name: string;
}
export interface Lineage {
  /** From left to right */
  readonly columns: readonly (readonly Thing[])[];
  /** Ids of two things of which the second reads the first */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

const viewOf = (reference: string): string => reference.split(':')[0]!;

/**
 * What is made of what. A model reads the service that is called as it is.
 * @param models names of those that are registered
 */
export function lineageOf({ views, services }: Pick<DescribedDefinitions, 'views' | 'services'>, models: readonly string[]): Lineage {
  const idOf = (view: string) => `${views.find(({ name }) => name === view)?.kind === 'on_demand' ? 'derived' : 'view'}:${view}`;
  const edges = [
    ...views.flatMap(({ name, kind, features }) =>
      kind === 'on_demand' ? [] : features.map(({ provenance }) => [`source:${provenance}`, `view:${name}`] as const),
    ),
    ...views.flatMap(({ name, reads }) => reads.map((reference) => [idOf(viewOf(reference)), `derived:${name}`] as const)),
    ...services.flatMap(({ name, features }) => features.map((reference) => [idOf(viewOf(reference)), `service:${name}`] as const)),
    ...services.flatMap(({ name }) =>
      models.filter((model) => isOf(model, name)).map((model) => [`service:${name}`, `model:${model}`] as const),
    ),
  ];
  const ids = new Set([...edges.flat(), ...views.map(({ name }) => idOf(name)), ...services.map(({ name }) => `service:${name}`)]);
  const things = [...ids].map((id): Thing => {
    const at = id.indexOf(':');
    return { id, station: id.slice(0, at) as Station, name: id.slice(at + 1) };
  });
  return {
    columns: STATIONS.map((station) => things.filter((thing) => thing.station === station)).filter((column) => column.length > 0),
    edges: [...new Map(edges.map((edge) => [edge.join('>'), edge])).values()],
  };
}

/** Those that were told to learn ratings are named so. */
const isOf = (model: string, service: string) => model === service || model === `${service}_rating`;

/** Everything that a thing is made of, everything that is made of it, and itself. */
export function relatedTo(id: string, edges: Lineage['edges']): ReadonlySet<string> {
  const follow = (begin: 0 | 1) => {
    const found = new Set([id]);
    for (const one of found) for (const edge of edges) if (edge[begin] === one) found.add(edge[1 - begin]!);
    return found;
  };
  return new Set([...follow(0), ...follow(1)]);
}
