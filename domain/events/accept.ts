import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { EVENT_TYPES } from '../../contracts/eventTypes.ts';
import {
  isSearch,
  type DriftAlertEvent,
  type driftAlertBodySchema,
  type SystemHealthEvent,
  type systemHealthBodySchema,
  type UserEvent,
  type userEventBodySchema,
} from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Enqueue } from './enqueueTogether.ts';
import { nameUuid } from './nameUuid.ts';
import { enqueue, type OutboxEvent } from './outbox.ts';

type UserEventBody = z.output<typeof userEventBodySchema>;

/** What a user did, with its place among all rows of its request, from 0. */
interface PlacedBody {
  readonly body: UserEventBody;
  readonly row: number;
}

/** What ids of events derive from where their sender gave none, so that the same request again is the same events; by chance when missing. */
type Seed = string | undefined;

/** Takes what users did; durable when this resolves, all or none. @returns the events' ids */
export async function acceptUserEvents(putOnWay: Enqueue, placed: readonly PlacedBody[], seed?: Seed): Promise<string[]> {
  const events = placed.map(({ body, row }) => toUserEvent(body, seed, row));
  await putOnWay(events);
  return events.map(({ id }) => id);
}

function toUserEvent(body: UserEventBody, seed: Seed, row: number): OutboxEvent {
  const payload: UserEvent = { ...body, ...identified(body, seed, row) };
  const { topic, type } = isSearch(payload) ? EVENT_TYPES.search : EVENT_TYPES.user_interaction;
  return { id: payload.event_id, topic, key: payload.user_id, type, payload };
}

/** Takes a drift alert; durable when this resolves. @returns the event's id */
export async function acceptDriftAlert(db: Database, body: z.output<typeof driftAlertBodySchema>, seed?: Seed): Promise<string> {
  const payload: DriftAlertEvent = { ...body, ...identified(body, seed) };
  await enqueue(db, { ...EVENT_TYPES.model_drift, id: payload.event_id, key: payload.model_name, payload });
  return payload.event_id;
}

/** Takes how a service does; durable when this resolves. @returns the event's id */
export async function acceptSystemHealth(db: Database, body: z.output<typeof systemHealthBodySchema>, seed?: Seed): Promise<string> {
  const payload: SystemHealthEvent = { ...body, ...identified(body, seed) };
  await enqueue(db, { ...EVENT_TYPES.system_health, id: payload.event_id, key: payload.service_name, payload });
  return payload.event_id;
}

const identified = ({ event_id, timestamp }: { event_id?: string | undefined; timestamp?: string | undefined }, seed: Seed, row = 0) => ({
  event_id: event_id ?? (seed === undefined ? randomUUID() : nameUuid(`${seed} ${row}`)),
  timestamp: timestamp ?? new Date().toISOString(),
});
