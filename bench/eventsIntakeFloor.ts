/** What taking events costs at least: `eventsIntakeFloor.ts <port> <pool size>`, an Express app that puts each request's body into a table in one INSERT. */
import express from 'express';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { BODY_BYTES } from '../contracts/sizes.ts';

interface Event {
  readonly user_id: string;
}

const [port = 0, max = 1] = process.argv.slice(2).map(Number);
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max });
const accepted = (event_id: string) => ({ event_id, status: 'accepted' });

express()
  .disable('x-powered-by')
  .get('/health', (_req, res) => void res.json({}))
  .use(express.json({ limit: BODY_BYTES }))
  .post('/event', async (req, res) => {
    const id = randomUUID();
    const event = req.body as Event;
    await pool.query('insert into bare_events (id, user_id, event) values ($1, $2, $3)', [id, event.user_id, JSON.stringify(event)]);
    res.status(202).json(accepted(id));
  })
  .post('/events', async (req, res) => {
    const { events } = req.body as { events: Event[] };
    const ids = events.map(() => randomUUID());
    await pool.query('insert into bare_events (id, user_id, event) select * from unnest($1::uuid[], $2::text[], $3::jsonb[])', [
      ids,
      events.map(({ user_id }) => user_id),
      events.map((event) => JSON.stringify(event)),
    ]);
    res.status(202).json({ events: ids.map(accepted) });
  })
  .listen(port, '127.0.0.1');
