import type { z } from 'zod';
import { driftAlertBodySchema, searchBodySchema, systemHealthBodySchema, userInteractionBodySchema, type Topic } from './events.ts';
import { RECOMMENDATION_SERVED, recommendationServedEventSchema } from './served.ts';

interface EventType {
  readonly topic: Topic;
  /** Of CloudEvents: `type` */
  readonly type: string;
  /** Grows with a change that readers of the one before cannot read; what is added and may be missing leaves it as it is */
  readonly version: number;
  /** Who puts it on the topic: anybody, and we read it; or we, and anybody reads it */
  readonly from: 'anybody' | 'us';
  /** What stands on the topic. What anybody puts there may lack its id and its time, and fields that nobody knows are passed over */
  readonly schema: z.ZodType;
  readonly meaning: string;
}

/** Every event that crosses Kafka, by its name. Their JSON Schemas lie in `contracts/schemas/`. */
export const EVENT_TYPES = {
  user_interaction: {
    topic: 'user-events',
    type: 'movie_mlops.user_interaction',
    version: 1,
    from: 'anybody',
    schema: userInteractionBodySchema.strip(),
    meaning:
      'What a user did with a movie. One with a rating is a rating, whatever its type. Without one, a like and a dislike are opinions, a skip says that the user met the movie and did not choose it, and anything else that they chose it. Models learn from what is chosen.',
  },
  search: {
    topic: 'user-events',
    type: 'movie_mlops.search',
    version: 1,
    from: 'anybody',
    schema: searchBodySchema.strip(),
    meaning: 'What a user searched for. It names no movie, and no model learns from it.',
  },
  model_drift: {
    topic: 'model-drift-alerts',
    type: 'movie_mlops.model_drift',
    version: 1,
    from: 'anybody',
    schema: driftAlertBodySchema.strip(),
    meaning: 'A model no longer fits what comes in. It leads to one training of that model; nothing in it is learnt.',
  },
  system_health: {
    topic: 'system-health',
    type: 'movie_mlops.system_health',
    version: 1,
    from: 'anybody',
    schema: systemHealthBodySchema.strip(),
    meaning: 'How a service does. No model learns from it.',
  },
  recommendation_served: {
    topic: 'movie-recommendations',
    type: RECOMMENDATION_SERVED,
    version: 1,
    from: 'us',
    schema: recommendationServedEventSchema,
    meaning:
      'What a user was recommended, by which route, variant and version. What is recommended is no choice; what the user then does with it is.',
  },
} as const satisfies Record<string, EventType>;
type EventTypeName = keyof typeof EVENT_TYPES;

const NAMES = Object.keys(EVENT_TYPES) as EventTypeName[];

/** Of CloudEvents: `dataschema`, and the `$id` of the JSON Schema. */
export const schemaUri = (name: EventTypeName): string => `urn:movie-mlops:${name}:${EVENT_TYPES[name].version}`;

/** @returns undefined where the type is none of those with a schema */
export function schemaUriOfType(type: string): string | undefined {
  const name = NAMES.find((each) => EVENT_TYPES[each].type === type);
  return name && schemaUri(name);
}

const namesOn = (topic: string): EventTypeName[] => NAMES.filter((each) => EVENT_TYPES[each].topic === topic);

/** @returns why a CloudEvent of this type is not read from the topic; undefined where nothing stands against it */
export function refuseType(type: unknown, topic: string): string | undefined {
  const types: unknown[] = namesOn(topic).map((each) => EVENT_TYPES[each].type);
  if (types.includes(type)) return undefined;
  const known = types.map((each) => JSON.stringify(each)).join(' and ');
  return `type ${JSON.stringify(type)} is not read from ${topic}, ${known} ${types.length === 1 ? 'is' : 'are'}`;
}

/** @returns why an event by this schema is not read from the topic; undefined where nothing stands against it, or the schema is somebody else's */
export function refuseSchema(dataSchema: string, topic: string): string | undefined {
  const [, name, version = ''] = /^urn:movie-mlops:([^:]*):?(.*)$/is.exec(dataSchema) ?? [];
  if (name === undefined) return undefined;
  const known = namesOn(topic).find((each) => each === name);
  if (!known) return `${dataSchema} is no schema of ${topic}`;
  const { version: newest } = EVENT_TYPES[known];
  return isUpTo(version, newest) ? undefined : `version ${version} of ${known} is not read here, ${newest} is`;
}

/** @returns why plain JSON of this `schema_version` is not read from the topic; undefined where nothing stands against it */
export function refuseVersion(version: unknown, topic: string): string | undefined {
  const newest = Math.max(...namesOn(topic).map((each) => EVENT_TYPES[each].version));
  if ((typeof version === 'number' || typeof version === 'string') && isUpTo(String(version), newest)) return undefined;
  return `schema_version ${JSON.stringify(version)} is not read here, ${newest} is`;
}

/** A version is a whole number from 1 on; some write it as `1.0`. */
const isUpTo = (version: string, newest: number): boolean =>
  /^\d+(\.0+)?$/.test(version) && Number(version) >= 1 && Number(version) <= newest;
