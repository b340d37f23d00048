import type { Webhook, WebhookEvent, WebhookSettings } from '../../contracts/webhooks.ts';
import type { Database } from '../../platform/postgres.ts';
import { sealSecret } from './secrets.ts';

/** What a webhook is made of. */
export interface WebhookFields {
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description: string;
  readonly status: Webhook['status'];
  /** Empty: its deliveries are not signed */
  readonly secret: string;
}

const COLUMNS = 'webhook_id, name, url, events, description, status, created_at, updated_at';
type Row = Omit<Webhook, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date };
const toWebhook = (row: Row): Webhook => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

const sealed = (secret: string, { secretKey }: WebhookSettings) => (secret === '' ? null : sealSecret(secret, secretKey));
const inOrder = (events: readonly WebhookEvent[]) => [...new Set(events)].sort();

export async function createWebhook(db: Database, fields: WebhookFields, settings: WebhookSettings): Promise<Webhook> {
  const { name, url, events, description, status, secret } = fields;
  const { rows } = await db.query<Row>(
    `insert into webhooks (name, url, events, description, status, secret) values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
    [name, url, inOrder(events), description, status, sealed(secret, settings)],
  );
  return toWebhook(rows[0]!);
}

type Changes = { readonly [Field in keyof WebhookFields]?: WebhookFields[Field] | undefined };

/** What is not given stays as it is; null where there is no such webhook. */
export async function updateWebhook(
  db: Database,
  id: string,
  { name, url, events, description, status, secret }: Changes,
  settings: WebhookSettings,
): Promise<Webhook | null> {
  const { rows } = await db.query<Row>(
    `update webhooks set name = coalesce($2, name), url = coalesce($3, url), events = coalesce($4, events),
       description = coalesce($5, description), status = coalesce($6, status), secret = case when $7 then $8 else secret end,
       updated_at = clock_timestamp()
     where webhook_id = $1 returning ${COLUMNS}`,
    [
      id,
      name,
      url,
      events && inOrder(events),
      description,
      status,
      secret !== undefined,
      secret === undefined ? null : sealed(secret, settings),
    ],
  );
  return rows[0] ? toWebhook(rows[0]) : null;
}

/** Deletes a webhook with its deliveries. @returns whether there was one */
export async function deleteWebhook(db: Database, id: string): Promise<boolean> {
  return (await db.query('delete from webhooks where webhook_id = $1', [id])).rowCount === 1;
}

export async function findWebhook(db: Database, id: string): Promise<Webhook | null> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from webhooks where webhook_id = $1`, [id]);
  return rows[0] ? toWebhook(rows[0]) : null;
}

/** Newest first. @param after when the last one of the page before was made, and its id */
export async function listWebhooks(db: Database, limit: number, after: readonly [string, string] | null = null): Promise<Webhook[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from webhooks
     where $2::timestamptz is null or (created_at, webhook_id) < ($2, $3)
     order by created_at desc, webhook_id desc limit $1`,
    [limit, ...(after ?? [null, null])],
  );
  return rows.map(toWebhook);
}

/** The secret of a webhook as it is kept; null where its deliveries are not signed. */
export async function readKeptSecret(db: Database, id: string): Promise<string | null> {
  const { rows } = await db.query<{ secret: string | null }>('select secret from webhooks where webhook_id = $1', [id]);
  return rows[0]?.secret ?? null;
}
