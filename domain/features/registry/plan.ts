import { isDeepStrictEqual } from 'node:util';
import type { DescribedDefinitions, FeatureChange, FeaturePlan } from '../../../contracts/featureRegistry.ts';

type Kind = FeatureChange['kind'];
type Named = Readonly<Record<string, unknown>> & { readonly name: string };

/** Fields that say what a value is; where one of them changes, values of before and after are not the same thing. */
const MEANING = ['type', 'entity', 'kind', 'join_key', 'ttl_seconds', 'offline_table', 'source_sql', 'reads', 'provenance'];

/** What the wanted definitions change in those in force, field by field. @param version that is in force; null before the first */
export function planChanges(current: DescribedDefinitions | null, wanted: DescribedDefinitions, version: number | null): FeaturePlan {
  const from = flatten(current ?? { entities: [], views: [], services: [] });
  const to = flatten(wanted);
  const changes = [
    ...to.flatMap(({ kind, thing }) => changesOf(kind, find(from, kind, thing.name), thing)),
    ...from.filter(({ kind, thing }) => !find(to, kind, thing.name)).map(({ kind, thing }) => wholeChange('remove', kind, thing)),
  ];
  const takesAway = changes.some(
    ({ action, field }) => action === 'remove' || (action === 'change' && field !== null && MEANING.includes(field)),
  );
  return { changes, takes_away: takesAway, version };
}

interface Thing {
  readonly kind: Kind;
  readonly thing: Named;
}

/** Features stand beside their views, so that each is planned by itself. */
const flatten = ({ entities, views, services }: DescribedDefinitions): Thing[] => [
  ...entities.map((thing) => ({ kind: 'entity' as const, thing })),
  ...views.flatMap(({ features, ...view }): Thing[] => [
    { kind: 'view', thing: view },
    ...features.map((feature) => ({ kind: 'feature' as const, thing: { ...feature, name: `${view.name}:${feature.name}` } })),
  ]),
  ...services.map((thing) => ({ kind: 'service' as const, thing })),
];

const find = (things: readonly Thing[], kind: Kind, name: string): Named | undefined =>
  things.find((candidate) => candidate.kind === kind && candidate.thing.name === name)?.thing;

function changesOf(kind: Kind, before: Named | undefined, after: Named): FeatureChange[] {
  if (!before) return [wholeChange('add', kind, after)];
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields
    .filter((field) => !isDeepStrictEqual(before[field] ?? null, after[field] ?? null))
    .map((field) => ({ action: 'change', kind, name: after.name, field, from: before[field] ?? null, to: after[field] ?? null }));
}

const wholeChange = (action: 'add' | 'remove', kind: Kind, thing: Named): FeatureChange => ({
  action,
  kind,
  name: thing.name,
  field: null,
  from: action === 'remove' ? thing : null,
  to: action === 'add' ? thing : null,
});
