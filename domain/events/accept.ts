import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type {
  DriftAlertEvent,
  driftAlertBodySchema,
  Topic,
  userInteractionBodySchema,
  UserInteractionEvent,
} from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';
import { enqueue } from './outbox.ts';

/** Takes what a user did; durable when this resolves. @returns the event's id */
export async function acceptUserInteraction(db: Database, body: z.output<typeof userInteractionBodySchema>): Promise<string> {
  const event: UserInteractionEvent = { ...body, ...identified(body) };
  return accept(db, 'user-events', event.user_id, 'movie_mlops.user_interaction', event);
}

/** Takes a drift alert; durable when this resolves. @returns the event's id */
export async function acceptDriftAlert(db: Database, body: z.output<typeof driftAlertBodySchema>): Promise<string> {
  const event: DriftAlertEvent = { ...body, ...identified(body) };
  return accept(db, 'model-drift-alerts', event.model_name, 'movie_mlops.model_drift', event);
}

const identified = ({ event_id, timestamp }: { event_id?: string | undefined; timestamp?: string | undefined }) => ({
  event_id: event_id ?? randomUUID(),
  timestamp: timestamp ?? new Date().toISOString(),
});

async function accept(
  db: Database,
  topic: Topic,
  key: string,
  type: string,
  payload: UserInteractionEvent | DriftAlertEvent,
): Promise<string> {
  await enqueue(db, { id: payload.event_id, topic, key, type, payload });
  return payload.event_id;
}
