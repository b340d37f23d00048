import { createHmac } from 'node:crypto';

export interface Signed {
  /** The same at every attempt */
  readonly id: string;
  /** Of this attempt, in seconds since 1970 */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers of a delivery: MLflow's, and those of Standard Webhooks (https://www.standardwebhooks.com) beside them. Both sign `id.timestamp.body` with
 * HMAC-SHA256. MLflow's key is the secret's text, whatever it looks like; that of Standard Webhooks is what `whsec_<base64>` stands for, and the text of any
 * other secret.
 */
export function headersOf({ id, timestamp, body }: Signed, secret: string | null): Record<string, string> {
  const sign = (key: string | Buffer) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return {
    'x-mlflow-delivery-id': id,
    'x-mlflow-timestamp': String(timestamp),
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(secret !== null && { 'x-mlflow-signature': sign(secret), 'webhook-signature': sign(standardKeyOf(secret)) }),
  };
}

const standardKeyOf = (secret: string) => {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret) ?? [];
  return encoded === undefined ? secret : Buffer.from(encoded, 'base64');
};
