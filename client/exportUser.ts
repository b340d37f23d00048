import { users } from '../contracts/endpoints/users.ts';
import { contentOf } from './artifacts.ts';
import { addressOf } from './request.ts';
import { callText, keyHeaders, noAnswer, refusalOf, type ClientOptions } from './send.ts';

/**
 * All that is kept of a user, as it comes: lines of JSON, of which the last has the store `end`. Where it breaks off, reading throws NoSuchApi.
 * @throws as calls of `createClient` do
 */
export async function exportUser(options: ClientOptions, userId: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const address = addressOf(options.url, users.export, { params: { user_id: userId } });
  const call = callText('get', address);
  const answer = await fetch(address, { headers: keyHeaders(options), ...(signal && { signal }) }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw noAnswer(address, call, error);
  });
  if (answer.ok) return contentOf(answer, 'what is exported');
  throw refusalOf(address, call, { status: answer.status, statusText: answer.statusText, text: await answer.text() });
}
