import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

/** Asks any port. `fetch` refuses those that a web page must not reach, and Feast's 6566 is one of them. @throws what the connection, or the signal, says */
export async function httpGet(
  url: string,
  { headers, signal }: { headers: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const request = (url.startsWith('https:') ? https : http).get(url, { headers, signal });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return { status: answer.statusCode!, text: await text(answer) };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
