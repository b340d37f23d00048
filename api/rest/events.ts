import { events } from '../../contracts/endpoints/events.ts';
import { acceptDriftAlert, acceptUserInteraction } from '../../domain/events/accept.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const accepted = (event_id: string) => ({ event_id, status: 'accepted' as const });

export const createEventEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(events.interaction, async ({ body }) => accepted(await acceptUserInteraction(pool, body))),
  endpoint(events.feedback, async ({ body }) => accepted(await acceptUserInteraction(pool, body))),
  endpoint(events.driftAlert, async ({ body }) => accepted(await acceptDriftAlert(pool, body))),
];
