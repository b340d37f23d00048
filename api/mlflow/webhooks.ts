import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { WEBHOOK_EVENT_NAMES, WEBHOOK_EVENTS, type Webhook, type WebhookEvent } from '../../contracts/webhooks.ts';
import { checkAddress } from '../../domain/webhooks/address.ts';
import { sendOnce, type Attempt } from '../../domain/webhooks/send.ts';
import { createWebhook, deleteWebhook, findWebhook, listWebhooks, readKeptSecret, updateWebhook } from '../../domain/webhooks/webhooks.ts';
import type { ApiDeps } from '../deps.ts';
import { call, type MlflowCall } from './call.ts';
import { doesNotExist, invalidParameter } from './faults.ts';
import { optionalNumber, requiredText, text } from './fields.ts';
import { checkLength } from './names.ts';
import { readPageToken, writePageToken } from './pages.ts';

/** Of MLflow's columns */
const LENGTHS = { url: 500, description: 1_000, secret: 1_000 } as const;
const PAGE = { usual: 100, most: 1_000 } as const;
const STATUSES = ['ACTIVE', 'DISABLED'] as const;

/** As protobuf numbers them. */
const ENTITIES = [
  'REGISTERED_MODEL',
  'MODEL_VERSION',
  'MODEL_VERSION_TAG',
  'MODEL_VERSION_ALIAS',
  'PROMPT',
  'PROMPT_VERSION',
  'PROMPT_TAG',
  'PROMPT_VERSION_TAG',
  'PROMPT_ALIAS',
  'BUDGET_POLICY',
  // ours, behind MLflow's
  'CANARY',
  'DRIFT_RETRAIN',
] as const;
const ACTIONS = ['CREATED', 'UPDATED', 'DELETED', 'SET', 'EXCEEDED', 'PROMOTED', 'ROLLED_BACK', 'DECIDED'] as const;

/** A word of protobuf's, or its number. */
const wordOf = <Word extends string>(words: readonly Word[]) =>
  z.union(
    [
      z.enum(words as readonly [Word, ...Word[]]),
      z
        .number()
        .int()
        .min(1)
        .max(words.length)
        .transform((number) => words[number - 1]!),
    ],
    `it is none of ${words.join(', ')}`,
  );

const event = z.object({ entity: wordOf(ENTITIES), action: wordOf(ACTIONS) });
const events = z.array(event);
// What it cannot read MLflow takes as not sent.
const status = z.union([wordOf(STATUSES), z.unknown().transform(() => undefined)]).optional();
const one = z.object({ webhook_id: requiredText });

/** Webhooks of the registry. Who may make one sends what happens in it elsewhere, and the test of one makes the server connect: all of it is for operators. */
export function createWebhookCalls({ pool, webhooks: settings }: Pick<ApiDeps, 'pool' | 'webhooks'>): MlflowCall[] {
  const find = async (id: string): Promise<Webhook> => {
    const found = await findWebhook(pool, id);
    if (!found) throw noWebhook(id);
    return found;
  };
  return [
    call({
      method: 'post',
      path: '/webhooks',
      role: 'operator',
      request: z.object({ name: requiredText, url: requiredText, events, description: text, secret: text, status }),
      answer: async ({ name, url, events: sent, description = '', secret = '', status: asked = 'ACTIVE' }) => {
        checkName(name);
        checkTexts({ url, description, secret });
        await checkAddress(url, settings);
        const fields = { name, url, events: readEvents(sent), description, secret, status: asked };
        return { webhook: showWebhook(await createWebhook(pool, fields, settings)) };
      },
    }),
    call({
      method: 'get',
      path: '/webhooks',
      role: 'operator',
      request: z.object({ max_results: optionalNumber, page_token: text }),
      answer: async ({ max_results: sent, page_token: token }) => {
        const most = sent || PAGE.usual;
        if (most < 1 || most > PAGE.most) throw invalidParameter(`max_results must be between 1 and ${PAGE.most}.`);
        const place = readPageToken(token, LISTED, ['timestamptz', 'text']);
        const found = await listWebhooks(pool, most + 1, place && [place[0]!, place[1]!]);
        const page = found.slice(0, most);
        const last = found.length > most ? page.at(-1) : undefined;
        return {
          ...(page.length > 0 && { webhooks: page.map(showWebhook) }),
          ...(last && { next_page_token: writePageToken(LISTED, [last.created_at, last.webhook_id]) }),
        };
      },
    }),
    call({
      method: 'get',
      path: '/webhooks/:webhook_id',
      role: 'operator',
      request: one,
      answer: async ({ webhook_id: id }) => ({ webhook: showWebhook(await find(id)) }),
    }),
    call({
      method: 'patch',
      path: '/webhooks/:webhook_id',
      role: 'operator',
      request: one.extend({ name: text, url: text, events: events.nullish(), description: text, secret: text, status }),
      answer: async ({ webhook_id: id, name, url, events: sent, ...rest }) => {
        await find(id);
        if (name) checkName(name);
        checkTexts({ url: url ?? '', description: rest.description ?? '', secret: rest.secret ?? '' });
        if (url) await checkAddress(url, settings);
        // As MLflow does: what is empty stays, but for description and secret.
        const changes = { ...rest, ...(name && { name }), ...(url && { url }), ...(sent?.length && { events: readEvents(sent) }) };
        const changed = await updateWebhook(pool, id, changes, settings);
        if (!changed) throw noWebhook(id);
        return { webhook: showWebhook(changed) };
      },
    }),
    call({
      method: 'delete',
      path: '/webhooks/:webhook_id',
      role: 'operator',
      request: one,
      answer: async ({ webhook_id: id }) => {
        if (!(await deleteWebhook(pool, id))) throw noWebhook(id);
        return {};
      },
    }),
    call({
      method: 'post',
      path: '/webhooks/:webhook_id/test',
      role: 'operator',
      request: one.extend({ event: event.nullish() }),
      answer: async ({ webhook_id: id, event: asked }) => {
        const { url, events: [first] } = await find(id); // prettier-ignore
        const named = asked ? readEvent(asked) : first!;
        const message = { id: randomUUID(), event: named, occurredAt: new Date().toISOString(), data: WEBHOOK_EVENTS[named] };
        const receiver = { url, keptSecret: await readKeptSecret(pool, id) };
        return { result: showAttempt(await sendOnce(receiver, message, settings)) };
      },
    }),
  ];
}

/** Of what page tokens are. */
const LISTED = 'webhooks';

const noWebhook = (id: string) => doesNotExist(`Webhook with ID ${id} not found.`);

const NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i;
function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw invalidParameter(
    `Webhook name '${name}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only ` +
      'letters, digits, dots (.), underscores (_), and hyphens (-).',
  );
}

function checkTexts(texts: Record<keyof typeof LENGTHS, string>): void {
  for (const name of ['url', 'description', 'secret'] as const) checkLength(texts[name], LENGTHS[name], name);
}

function readEvents(sent: readonly z.output<typeof event>[]): WebhookEvent[] {
  if (sent.length === 0) throw invalidParameter('Webhook events must be a non-empty list of WebhookEvent objects: [].');
  return sent.map(readEvent);
}

function readEvent({ entity, action }: z.output<typeof event>): WebhookEvent {
  const [of, what] = [entity.toLowerCase(), action.toLowerCase()];
  const known = WEBHOOK_EVENT_NAMES.find((name) => name === `${of}.${what}`);
  if (known) return known;
  const actions = WEBHOOK_EVENT_NAMES.filter((name) => name.startsWith(`${of}.`)).map((name) => `'${name.split('.')[1]}'`);
  throw invalidParameter(`Invalid action '${what}' for entity '${of}'. Valid actions are: [${actions.sort().join(', ')}]`);
}

const showWebhook = ({ webhook_id, name, description, url, events: told, status: is, created_at, updated_at }: Webhook): object => ({
  webhook_id,
  name,
  ...(description && { description }),
  url,
  events: told.map((name) => {
    const [entity, action] = name.toUpperCase().split('.');
    return { entity, action };
  }),
  status: is,
  creation_timestamp: Date.parse(created_at),
  last_updated_timestamp: Date.parse(updated_at),
});

const showAttempt = ({ isDelivered, status: answered, body, error }: Attempt): object => ({
  success: isDelivered,
  ...(answered !== null && { response_status: answered }),
  ...(body && { response_body: body }),
  ...(answered === null && { error_message: `Failed to test webhook: ${error}` }),
});
