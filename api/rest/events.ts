import type { z } from 'zod';
import { events } from '../../contracts/endpoints/events.ts';
import { isSearch, type EventsAccepted, type ReadRow, type userEventBodySchema } from '../../contracts/events.ts';
import { invalidFields } from '../../contracts/failures.ts';
import { idsOfKnownMovies, isNamed, movieIdsOf } from '../../domain/catalogue/movieRefs.ts';
import { acceptDriftAlert, acceptSystemHealth, acceptUserEvents } from '../../domain/events/accept.ts';
import { enqueueTogether, type Enqueue } from '../../domain/events/enqueueTogether.ts';
import { claimKey } from '../../domain/events/idempotency.ts';
import { listUnknownMovies } from '../../domain/events/unknownMovies.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint, type EndpointRequest } from './endpoint.ts';

type UserEventBody = z.output<typeof userEventBodySchema>;
type Keyed = Pick<EndpointRequest<typeof events.interaction>, 'principal' | 'idempotencyKey'> & { readonly body: unknown };

const accepted = (event_id: string) => ({ event_id, status: 'accepted' as const });

interface Intake {
  readonly pool: Pool;
  readonly enqueue: Enqueue;
}

/** A movie that goes by its id need not be in the catalogue yet. */
async function takeOne({ pool, enqueue }: Intake, body: UserEventBody, seed: string | undefined) {
  const [event_id] = await acceptUserEvents(enqueue, [{ body: await withMovieId(pool, body), row: 0 }], seed);
  return accepted(event_id!);
}

async function withMovieId(pool: Pool, body: UserEventBody): Promise<UserEventBody> {
  if (isSearch(body)) return body;
  const [movie_id] = await movieIdsOf(pool, [body.movie_id]);
  return { ...body, movie_id: movie_id! };
}

/** @throws Failure `invalid` where nothing of it can be kept */
async function takeAll({ pool, enqueue }: Intake, rows: readonly ReadRow[], seed: string | undefined): Promise<EventsAccepted> {
  const named = await withMovieIds(pool, rows);
  // Which rows are good changes with the catalogue, so that their ids go by their places in the request.
  const good = named.flatMap((each, row) => ('event' in each ? [{ body: each.event, row }] : []));
  if (good.length === 0) throw invalidFields(named.flatMap((row, at) => ('errors' in row ? faultsOf(row.errors, at) : [])));
  const ids = (await acceptUserEvents(enqueue, good, seed)).values();
  return {
    accepted: good.length,
    refused: rows.length - good.length,
    events: named.map((row, at) =>
      'event' in row ? accepted(ids.next().value!) : { status: 'refused', errors: faultsOf(row.errors, at) },
    ),
  };
}

async function withMovieIds(pool: Pool, rows: readonly ReadRow[]): Promise<ReadRow[]> {
  const refs = rows.map((row) => ('event' in row && !isSearch(row.event) ? row.event.movie_id : null));
  const ids = await idsOfKnownMovies(pool, refs);
  return rows.map((row, at) => {
    const movie_id = ids[at] ?? null;
    if (!('event' in row) || isSearch(row.event) || movie_id === null) return row;
    if (isNamed(movie_id)) return { errors: [{ field: 'movie_id', message: `There is no movie ${movie_id} in the catalogue` }] };
    return { event: { ...row.event, movie_id } };
  });
}

const faultsOf = (errors: readonly { field: string; message: string }[], at: number) =>
  errors.map(({ field, message }) => ({ field: field === 'input' ? `body.events.${at}` : `body.events.${at}.${field}`, message }));

export function createEventEndpoints({ pool, reportPool }: { pool: Pool; reportPool: Pool }): Endpoint[] {
  const seedOf = async (path: string, { principal, idempotencyKey: key, body }: Keyed) =>
    key === undefined ? undefined : claimKey(pool, { caller: principal.name, path, key, body });
  const intake = { pool, enqueue: enqueueTogether(pool) };
  const userEvents = (description: typeof events.interaction | typeof events.feedback) =>
    endpoint(description, async (request) => {
      const seed = await seedOf(description.path, request);
      const { body } = request;
      return 'events' in body ? takeAll(intake, body.events, seed) : takeOne(intake, body, seed);
    });
  return [
    userEvents(events.interaction),
    userEvents(events.feedback),
    endpoint(events.driftAlert, async (request) => {
      const seed = await seedOf(events.driftAlert.path, request);
      return accepted(await acceptDriftAlert(pool, request.body, seed));
    }),
    endpoint(events.overload, async (request) => {
      const seed = await seedOf(events.overload.path, request);
      return accepted(await acceptSystemHealth(pool, request.body, seed));
    }),
    endpoint(events.unknownMovies, async ({ query }) => ({ movies: await listUnknownMovies(reportPool, query.limit) })),
  ];
}
