import { z } from 'zod';
import {
  driftAlertBodySchema,
  eventAcceptedSchema,
  eventsAcceptedSchema,
  systemHealthBodySchema,
  unknownMovieSchema,
  userEventsBodySchema,
} from '../events.ts';
import { integerQueryOr } from '../integerQuery.ts';
import type { EndpointDescription } from './endpoint.ts';

const accepts = { method: 'post', tag: 'events', status: 202, isRetriable: true, isData: true } as const;
const interaction = {
  ...accepts,
  role: 'user',
  body: userEventsBodySchema,
  answer: z.union([eventAcceptedSchema, eventsAcceptedSchema]),
  problems: ['missing'],
} as const;
const trigger = { ...accepts, role: 'operator', answer: eventAcceptedSchema } as const;

/** Events enter here. 202 says that the event is durable: it will reach Kafka also when that is away now. */
export const events = {
  interaction: {
    ...interaction,
    path: '/api/v1/events/user-interaction',
    summary: 'Take what a user did, or what users did: `{"events": […]}` is answered row by row, and what is good of it is kept',
  },
  feedback: {
    ...interaction,
    path: '/api/v1/feedback',
    summary: 'Take what a user thinks of a movie; the same as a user interaction',
  },
  driftAlert: {
    ...trigger,
    path: '/api/v1/trigger/model-drift',
    summary: 'Take a drift alert, which leads to one training of the model',
    body: driftAlertBodySchema,
  },
  overload: {
    ...trigger,
    path: '/api/v1/trigger/system-overload',
    summary: 'Take how a service does, such as that it has too much to do',
    body: systemHealthBodySchema,
  },
  unknownMovies: {
    method: 'get',
    path: '/api/v1/events/unknown-movies',
    tag: 'events',
    role: 'viewer',
    summary: 'Movies that events name and the catalogue lacks: they are kept, and nothing is learnt of them until it has them',
    query: z.strictObject({ limit: integerQueryOr(100, 1, 1_000) }),
    answer: z.object({ movies: z.array(unknownMovieSchema) }),
  },
} as const satisfies Record<string, EndpointDescription>;
