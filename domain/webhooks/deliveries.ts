import type { WebhookDelivery, WebhookEvent } from '../../contracts/webhooks.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Attempt } from './send.ts';

/** What is sent, and where. */
interface Delivery {
  readonly status: WebhookDelivery['status'];
  readonly event: WebhookEvent;
  readonly occurredAt: string;
  readonly data: unknown;
  readonly url: string;
  readonly keptSecret: string | null;
  readonly isActive: boolean;
}

/** A delivery with its webhook as that is now; null where the webhook was deleted. */
export async function readDelivery(db: Database, id: string): Promise<Delivery | null> {
  const { rows } = await db.query<Omit<Delivery, 'occurredAt'> & { occurredAt: Date }>(
    `select d.status, event, occurred_at as "occurredAt", data, url, secret as "keptSecret", w.status = 'ACTIVE' as "isActive"
     from webhook_deliveries d join webhooks w using (webhook_id) where delivery_id = $1`,
    [id],
  );
  return rows[0] ? { ...rows[0], occurredAt: rows[0].occurredAt.toISOString() } : null;
}

export async function recordAttempt(db: Database, id: string, { isDelivered, status, error }: Attempt): Promise<void> {
  await db.query(
    `update webhook_deliveries set attempts = attempts + 1, attempted_at = clock_timestamp(), response_status = $3, error = $4,
       status = case when $2 then 'delivered' else status end
     where delivery_id = $1`,
    [id, isDelivered, status, error],
  );
}

/** Ends a delivery that nobody took; one that was delivered stays so. */
export async function giveUpDelivery(db: Database, id: string): Promise<void> {
  await db.query(
    `update webhook_deliveries set status = 'failed', error = coalesce(error, 'it was given up before it was sent')
     where delivery_id = $1 and status <> 'delivered'`,
    [id],
  );
}

/** Newest first; null where there is no such webhook. */
export async function listDeliveries(db: Database, webhookId: string, limit: number): Promise<WebhookDelivery[] | null> {
  const { rows } = await db.query<WebhookDelivery & { occurred_at: Date; attempted_at: Date | null }>(
    `select delivery_id, event, occurred_at, d.status, attempts, attempted_at, response_status, error
     from webhooks w left join webhook_deliveries d using (webhook_id) where webhook_id = $1
     order by occurred_at desc, delivery_id desc limit $2`,
    [webhookId, limit],
  );
  if (rows.length === 0) return null;
  return rows
    .filter(({ delivery_id }) => delivery_id !== null)
    .map((row) => ({
      ...row,
      occurred_at: row.occurred_at.toISOString(),
      attempted_at: row.attempted_at?.toISOString() ?? null,
    }));
}

/** Deliveries of one webhook that are under way at most: what a receiver that does not answer can hold. */
const SENDING_MOST = 16;
const KEPT_DAYS = 30;
/** Longer than any run of a delivery takes. */
const LOST_AFTER_HOURS = 6;

/**
 * Starts a run for each delivery that waits, the oldest first. Killed in between it starts them again, which changes nothing: a run is known by its id.
 * @returns how many were started
 */
export async function dispatchDeliveries(
  db: Database,
  start: (delivery: { id: string; webhook: string }) => Promise<unknown>,
): Promise<number> {
  const { rows } = await db.query<{ id: string; webhook: string }>(
    `select d.delivery_id as id, w.name as webhook from webhooks w cross join lateral (
       select delivery_id, occurred_at from webhook_deliveries where webhook_id = w.webhook_id and status = 'waiting' order by occurred_at
       limit greatest(0, $1 - (select count(*) from webhook_deliveries s where s.webhook_id = w.webhook_id and s.status = 'sending'))
     ) d order by d.occurred_at`,
    [SENDING_MOST],
  );
  for (const delivery of rows) {
    await start(delivery);
    await db.query(
      `update webhook_deliveries set status = 'sending', sending_since = clock_timestamp() where delivery_id = $1 and status = 'waiting'`,
      [delivery.id],
    );
  }
  return rows.length;
}

/** Removes deliveries that are older than a month, and ends those whose run was ended from outside. */
export async function sweepDeliveries(db: Database): Promise<void> {
  await db.query(`delete from webhook_deliveries where occurred_at < now() - $1 * interval '1 day'`, [KEPT_DAYS]);
  await db.query(
    `update webhook_deliveries set status = 'failed', error = coalesce(error, 'its run was ended before it was told')
     where status = 'sending' and sending_since < now() - $1 * interval '1 hour'`,
    [LOST_AFTER_HOURS],
  );
}
