import type { Command } from 'commander';
import type { Webhook, WebhookDelivery } from '../contracts/webhooks.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';

/** `webhooks`: whom the registry tells of its changes, and whether they took it. */
export function addWebhookCommands(program: Command, perform: Perform): void {
  const webhooks = program
    .command('webhooks')
    .description("List webhooks of the model registry; MLflow's clients make them")
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.webhooks.list();
        return { json: answer, text: renderWebhooks(terminal, answer.webhooks) };
      }),
    );
  webhooks
    .command('deliveries')
    .description('What a webhook was told of within a month, newest first, and what became of it')
    .argument('<id>', 'its id')
    .option('--limit <n>', 'how many at most', '100')
    .action((id: string, { limit }: { limit: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.webhooks.deliveries({ params: { webhook_id: id }, query: { limit } });
        return { json: answer, text: renderDeliveries(terminal, answer.deliveries) };
      }),
    );
}

function renderWebhooks(terminal: Terminal, webhooks: readonly Webhook[]): string {
  if (webhooks.length === 0) return 'There are none.';
  const rows = webhooks.map(({ webhook_id, name, status, url, events }) => [webhook_id, name, status, url, events.join(', ')]);
  return table(terminal, heads('ID', 'WEBHOOK', 'STATUS', 'URL', 'EVENTS'), rows);
}

function renderDeliveries(terminal: Terminal, deliveries: readonly WebhookDelivery[]): string {
  if (deliveries.length === 0) return 'It was told of nothing within a month.';
  const rows = deliveries.map(({ occurred_at, event, status, attempts, response_status, error, delivery_id }) => [
    timeText(terminal, occurred_at),
    event,
    status,
    String(attempts),
    response_status === null ? '-' : String(response_status),
    delivery_id,
    error ?? '',
  ]);
  return withZone(terminal, table(terminal, heads('WHEN', 'EVENT', 'STATUS', 'TRIED', 'ANSWER', 'DELIVERY', 'WHY NOT'), rows));
}
