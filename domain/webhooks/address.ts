import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { refused } from '../../contracts/failures.ts';
import type { WebhookSettings } from '../../contracts/webhooks.ts';
import { isPublicAddress, listsHost } from '../../platform/addresses.ts';

const LOOKUP_TIMEOUT_MS = 5_000;

/**
 * Whether webhooks may be sent to an address, as far as can be told now: what counts is where each delivery connects to, which domain/webhooks/send.ts
 * looks at.
 * @throws Failure `invalid` in MLflow's words
 */
export async function checkAddress(address: string, settings: WebhookSettings): Promise<void> {
  const { hostname } = readAddress(address, settings);
  const host = hostname.replace(/^\[|\]$/g, '');
  const found = await find(host);
  const inside = found.find((at) => !isPublicAddress(at) && !listsHost(settings.allowedHosts, host, at));
  if (inside !== undefined) throw refused(`Webhook URL must not resolve to a non-public IP address. '${host}' resolves to ${inside}.`);
}

/** What can be told of an address without asking for its name. @throws Failure `invalid` in MLflow's words */
export function readAddress(address: string, { allowsHttp }: Pick<WebhookSettings, 'allowsHttp'>): URL {
  if (address.trim() === '') throw refused(`Webhook URL cannot be empty or just whitespace: '${address}'`);
  const [, scheme = '', host = ''] = /^(?:([a-z][a-z\d+.-]*):)?(?:\/\/([^/?#]*))?/i.exec(address) ?? [];
  const schemes = allowsHttp ? ['http', 'https'] : ['https'];
  if (!schemes.includes(scheme.toLowerCase()))
    throw refused(`Invalid webhook URL scheme: '${scheme.toLowerCase()}'. Allowed schemes are: ${schemes.join(', ')}.`);
  if (host === '') throw refused(`Webhook URL must include a hostname: '${address}'`);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) throw refused(`Invalid webhook URL '${address}': it cannot be parsed`);
  // MLflow takes them, and shows them to whoever lists webhooks.
  if (url.username || url.password) throw refused('Webhook URL must not include embedded credentials');
  return url;
}

async function find(host: string): Promise<string[]> {
  const late = new AbortController();
  const asked = lookup(host, { all: true }).then(
    (found) => found.map(({ address }) => address),
    (error: unknown) => {
      throw refused(`Cannot resolve Webhook URL hostname '${host}': ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    },
  );
  const bound = sleep(LOOKUP_TIMEOUT_MS, undefined, { signal: late.signal, ref: false }).then(() => {
    throw refused(`Timed out resolving Webhook URL hostname '${host}' after ${LOOKUP_TIMEOUT_MS / 1000} seconds`);
  });
  bound.catch(() => undefined);
  return Promise.race([asked, bound]).finally(() => late.abort());
}
