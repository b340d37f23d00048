import type { FieldError } from '../../../contracts/bounded.ts';
import type { FeatureDefinitions } from '../definitions.ts';
import { isOnDemand, lookUpFeature } from '../references.ts';
import { FEATURE_TYPES, type Feature } from '../views/view.ts';

/** Names go into SQL, metrics and references. Postgres cuts longer ones off. */
const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** @returns what is wrong with the definitions by themselves, each with its place; what needs the database is in validateSql.ts */
export function validateDefinitions(definitions: FeatureDefinitions): FieldError[] {
  const { entities, views, onDemandViews, services } = definitions;
  const allViews = [...views, ...onDemandViews];
  return [
    ...namesIn('entities', entities),
    ...namesIn('views', allViews),
    ...namesIn('services', services),
    ...repeated(
      'offline_table',
      views.map(({ name, offlineTable }) => ({ at: `views.${name}`, value: offlineTable })),
    ),
    ...entities.flatMap((entity) => sharedNames(views.filter((view) => view.entity === entity))),
    ...allViews.flatMap((view) => [
      ...namesIn(`views.${view.name}.features`, view.features),
      ...(view.features.length === 0 ? [{ field: `views.${view.name}.features`, message: 'there are none' }] : []),
      ...view.features.flatMap((feature) => faultsOf(`views.${view.name}.features.${feature.name}`, feature)),
    ]),
    ...views.flatMap(({ name, entity, ttlSeconds }) => [
      ...(entities.includes(entity) ? [] : [{ field: `views.${name}.entity`, message: `there is no entity ${entity.name}` }]),
      ...(ttlSeconds !== null && !(ttlSeconds > 0)
        ? [{ field: `views.${name}.ttl_seconds`, message: 'more than 0, or null for never' }]
        : []),
    ]),
    ...onDemandViews.flatMap(({ name, reads }) =>
      reads.flatMap((reference) => missing(`views.${name}.reads`, definitions, reference, true)),
    ),
    ...services.flatMap(({ name, features }) =>
      features.flatMap((reference) => missing(`services.${name}.features`, definitions, reference, false)),
    ),
  ];
}

function namesIn(field: string, things: readonly { readonly name: string }[]): FieldError[] {
  const faulty = things.filter(({ name }) => !NAME.test(name));
  return [
    ...faulty.map(({ name }) => ({
      field: `${field}.${name}`,
      message: 'a name has small letters, digits and _, begins with a letter, and at most 63',
    })),
    ...repeated(
      'name',
      things.map(({ name }) => ({ at: `${field}.${name}`, value: name })),
    ),
  ];
}

const repeated = (what: string, things: readonly { readonly at: string; readonly value: string }[]): FieldError[] =>
  things
    .filter(({ value }, nth) => things.findIndex((other) => other.value === value) !== nth)
    .map(({ at, value }) => ({ field: at, message: `the ${what} ${value} is there twice` }));

/** An entity's features are read by their names alone. */
const sharedNames = (views: FeatureDefinitions['views']): FieldError[] =>
  views.flatMap(({ name: view, features }, nth) =>
    features.flatMap(({ name }) => {
      const other = views.slice(0, nth).find((earlier) => earlier.features.some((known) => known.name === name));
      return other
        ? [{ field: `views.${view}.features.${name}`, message: `${other.name} of the same entity has a feature of this name` }]
        : [];
    }),
  );

const RESERVED = ['entity_id', 'event_timestamp', 'created_at'];

function faultsOf(field: string, { name, type, rule = {} }: Feature): FieldError[] {
  const { min = -Infinity, max = Infinity, maxNullRate = 0 } = rule;
  const isNumber = /^(int64|float64)/.test(type);
  return [
    ...(FEATURE_TYPES.includes(type) ? [] : [{ field: `${field}.type`, message: `${type} is none of ${FEATURE_TYPES.join(', ')}` }]),
    ...(RESERVED.includes(name) ? [{ field, message: `${name} is a column that every view has` }] : []),
    ...(min > max ? [{ field: `${field}.rule`, message: `min ${min} is more than max ${max}` }] : []),
    ...(maxNullRate < 0 || maxNullRate > 1 ? [{ field: `${field}.rule`, message: `a null rate is 0 to 1, not ${maxNullRate}` }] : []),
    ...((rule.min !== undefined || rule.max !== undefined) && !isNumber
      ? [{ field: `${field}.rule`, message: `min and max are of numbers, not of ${type}` }]
      : []),
    ...(rule.oneOf && !type.startsWith('string') ? [{ field: `${field}.rule`, message: `one_of is of text, not of ${type}` }] : []),
  ];
}

function missing(field: string, definitions: FeatureDefinitions, reference: string, mustBeStored: boolean): FieldError[] {
  const found = lookUpFeature(definitions, reference);
  if (typeof found === 'string') return [{ field, message: found }];
  return mustBeStored && isOnDemand(found.view) ? [{ field, message: `${reference} is computed on demand itself` }] : [];
}
