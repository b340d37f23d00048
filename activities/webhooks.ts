import { ApplicationFailure } from '@temporalio/activity';
import { passing, permanent, type FailureType } from '../contracts/failures.ts';
import type { WebhookDeliveryInput, WebhookDeliveryResult, WebhookSettings } from '../contracts/webhooks.ts';
import { giveUpDelivery, readDelivery, recordAttempt } from '../domain/webhooks/deliveries.ts';
import { sendOnce, type Attempt } from '../domain/webhooks/send.ts';
import type { Pool } from '../platform/postgres.ts';

export const createWebhookActivities = ({ pool, settings }: { pool: Pool; settings: WebhookSettings }) => ({
  /** Tried again, or killed after it sent, it sends again: the receiver knows the delivery by its id. One that was delivered is not sent. */
  async sendWebhook({ delivery_id: id }: WebhookDeliveryInput): Promise<WebhookDeliveryResult> {
    const delivery = await readDelivery(pool, id);
    if (!delivery) throw permanent('DeliveryFailed', 'the webhook was deleted before it was told');
    if (delivery.status === 'delivered') return { response_status: null };
    if (!delivery.isActive) throw permanent('DeliveryFailed', 'the webhook was disabled before it was told');
    const { event, occurredAt, data } = delivery;
    const attempt = await sendOnce(delivery, { id, event, occurredAt, data }, settings);
    await recordAttempt(pool, id, attempt);
    if (!attempt.isDelivered) throw failureOf(attempt);
    return { response_status: attempt.status };
  },

  giveUpWebhook: ({ delivery_id: id }: WebhookDeliveryInput): Promise<void> => giveUpDelivery(pool, id),
});

export type WebhookActivities = ReturnType<typeof createWebhookActivities>;

function failureOf({ error, isWorthRetry, retryAfterMs }: Attempt): Error {
  const type = 'DeliveryFailed' satisfies FailureType;
  const message = error ?? 'it was not delivered';
  if (!isWorthRetry) return permanent(type, message);
  if (retryAfterMs === null) return passing(type, message);
  return ApplicationFailure.create({ type, message, nextRetryDelay: retryAfterMs });
}
