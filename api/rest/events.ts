import type { z } from 'zod';
import { events } from '../../contracts/endpoints/events.ts';
import { movieIdsOf } from '../../domain/catalogue/movieRefs.ts';
import { acceptDriftAlert, acceptUserInteraction } from '../../domain/events/accept.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const accepted = (event_id: string) => ({ event_id, status: 'accepted' as const });

/** A movie that goes by its id need not be in the catalogue yet. */
async function takeInteraction(pool: Pool, body: z.output<typeof events.interaction.body>) {
  const [movieId] = await movieIdsOf(pool, [body.movie_id]);
  return accepted(await acceptUserInteraction(pool, { ...body, movie_id: movieId! }));
}

export const createEventEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(events.interaction, ({ body }) => takeInteraction(pool, body)),
  endpoint(events.feedback, ({ body }) => takeInteraction(pool, body)),
  endpoint(events.driftAlert, async ({ body }) => accepted(await acceptDriftAlert(pool, body))),
];
