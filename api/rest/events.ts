import { driftAlertBodySchema, eventAcceptedSchema, userInteractionBodySchema } from '../../contracts/events.ts';
import { acceptDriftAlert, acceptUserInteraction } from '../../domain/events/accept.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const tag = 'events';
const accepted = (event_id: string) => ({ event_id, status: 'accepted' });

/** Events enter here. 202 says that the event is durable: it will reach Kafka also when that is away now. */
export const createEventEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => {
  const takesInteraction = (path: string, summary: string) =>
    endpoint(
      { method: 'post', path, tag, summary, role: 'user', body: userInteractionBodySchema, status: 202, answer: eventAcceptedSchema },
      async ({ body }) => accepted(await acceptUserInteraction(pool, body)),
    );
  return [
    takesInteraction('/api/v1/events/user-interaction', 'Take what a user did'),
    takesInteraction('/api/v1/feedback', 'Take what a user thinks of a movie; the same event as a user interaction'),
    endpoint(
      {
        method: 'post',
        path: '/api/v1/trigger/model-drift',
        tag,
        summary: 'Take a drift alert, which leads to one training of the model',
        role: 'operator',
        body: driftAlertBodySchema,
        status: 202,
        answer: eventAcceptedSchema,
      },
      async ({ body }) => accepted(await acceptDriftAlert(pool, body)),
    ),
  ];
};
