import { CancellationScope } from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/webhooks.ts';
import { webhookDeliveryInputSchema, type WebhookDeliveryInput, type WebhookDeliveryResult } from '../contracts/webhooks.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { sendWebhook, giveUpWebhook } = stepsOf(WORKFLOWS.webhookDelivery.steps).by<WebhookActivities>();

/** Tells one receiver of one change. Each delivery is a run of its own, so that a receiver that is away holds up nobody else's. */
export async function webhookDelivery(given: WebhookDeliveryInput): Promise<WebhookDeliveryResult> {
  const { delivery_id } = parseInput(webhookDeliveryInputSchema, given);
  try {
    return await sendWebhook({ delivery_id });
  } catch (error) {
    await CancellationScope.nonCancellable(() => giveUpWebhook({ delivery_id }));
    throw error;
  }
}
