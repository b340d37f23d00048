import { z } from 'zod';

/** How webhooks are reached and kept here. */
export interface WebhookSettings {
  /** Names, addresses and ranges that are no public addresses and may be told all the same */
  readonly allowedHosts: readonly string[];
  /** Also receivers without TLS */
  readonly allowsHttp: boolean;
  /** What the secrets of webhooks are kept under; undefined: as they are */
  readonly secretKey: string | undefined;
}

/** What a webhook may be told of, and what it is told then. */
export const WEBHOOK_EVENTS = {
  'registered_model.created': {
    name: 'example_model',
    tags: { example_key: 'example_value' },
    description: 'An example registered model',
  },
  'model_version.created': {
    name: 'example_model',
    version: '1',
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags: { example_key: 'example_value' },
    description: 'An example model version',
  },
  'model_version_tag.set': { name: 'example_model', version: '1', key: 'example_key', value: 'example_value' },
  'model_version_tag.deleted': { name: 'example_model', version: '1', key: 'example_key' },
  'model_version_alias.created': { name: 'example_model', alias: 'example_alias', version: '1' },
  'model_version_alias.deleted': { name: 'example_model', alias: 'example_alias' },
  'prompt.created': { name: 'example_prompt', tags: { example_key: 'example_value' }, description: 'An example prompt' },
  'prompt_version.created': {
    name: 'example_prompt',
    version: '1',
    template: 'Hello {{name}}!',
    tags: { example_key: 'example_value' },
    description: 'An example prompt version',
  },
  'prompt_tag.set': { name: 'example_prompt', key: 'example_key', value: 'example_value' },
  'prompt_tag.deleted': { name: 'example_prompt', key: 'example_key' },
  'prompt_version_tag.set': { name: 'example_prompt', version: '1', key: 'example_key', value: 'example_value' },
  'prompt_version_tag.deleted': { name: 'example_prompt', version: '1', key: 'example_key' },
  'prompt_alias.created': { name: 'example_prompt', alias: 'example_alias', version: '1' },
  'prompt_alias.deleted': { name: 'example_prompt', alias: 'example_alias' },
  // Ours: a version that went through stages of traffic on a route.
  'canary.promoted': { route: 'default', model: 'ease', version: '7', champion: '6', stage: 4, reason: 'passed all stages' },
  'canary.rolled_back': { route: 'default', model: 'ease', version: '7', champion: '6', stage: 2, reason: 'clicked is worse' },
  // Ours: what became of a training that drift led to. MLflow's clients have no name for it.
  'drift_retrain.decided': {
    name: 'ials',
    version: '2',
    run_id: 'training/drift-ials-0f0e0d0c-0b0a-4908-8706-050403020100',
    outcome: 'promoted',
    reason: 'passed the gate',
  },
  // Taken, since MLflow's clients may ask for it; there are no budgets here, so that nobody is told.
  'budget_policy.exceeded': {
    budget_policy_id: 'bp-abc123',
    budget_unit: 'USD',
    budget_amount: 100,
    current_spend: 105.5,
    duration_unit: 'MONTHS',
    duration_value: 1,
    target_scope: 'ENDPOINT',
    workspace: 'default',
    target_value: 'ep-abc123',
    window_start: 1_704_067_200_000,
  },
} as const;
export type WebhookEvent = keyof typeof WEBHOOK_EVENTS;
export const WEBHOOK_EVENT_NAMES = Object.keys(WEBHOOK_EVENTS) as [WebhookEvent, ...WebhookEvent[]];

export const webhookSchema = z.object({
  webhook_id: z.string(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENT_NAMES)),
  description: z.string(),
  status: z.enum(['ACTIVE', 'DISABLED']),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
/** A webhook as it is shown: without its secret. */
export type Webhook = z.infer<typeof webhookSchema>;

const count = z.number().int();
export const webhookDeliverySchema = z.object({
  delivery_id: z.string().describe('The same at every attempt, as the receiver sees it'),
  event: z.enum(WEBHOOK_EVENT_NAMES),
  occurred_at: z.iso.datetime(),
  status: z.enum(['waiting', 'sending', 'delivered', 'failed']),
  attempts: count,
  attempted_at: z.iso.datetime().nullable(),
  response_status: count.nullable().describe('Of the last attempt; null where nothing was answered'),
  error: z.string().nullable().describe('Of the last attempt'),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

export const webhookDeliveryInputSchema = z.strictObject({ delivery_id: z.uuid() });
export type WebhookDeliveryInput = z.infer<typeof webhookDeliveryInputSchema>;
export interface WebhookDeliveryResult {
  /** What the receiver answered; null where the webhook was told before */
  readonly response_status: number | null;
}
