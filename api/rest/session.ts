import { session } from '../../contracts/endpoints/session.ts';
import { SESSION_SECONDS } from '../../domain/access/sessionBook.ts';
import { sessionCookie, sessionCookieName, sessionsIn } from '../../platform/http/sessionCookie.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

/** Behind TLS that ends before us, the page alone knows that it came by it. */
const isSecure = ({ origin }: { readonly origin?: string | undefined }) => origin?.startsWith('https:') ?? false;

export const createSessionEndpoints = ({ sessions }: Pick<ApiDeps, 'sessions'>): Endpoint[] => [
  endpoint(session.open, async ({ principal, headers, setCookie }) => {
    const { token, expiresAt } = await sessions.open(principal);
    const name = sessionCookieName(headers.host ?? '');
    setCookie(sessionCookie({ name, token }, { seconds: SESSION_SECONDS, isSecure: isSecure(headers) }));
    return { expires_at: expiresAt.toISOString() };
  }),
  endpoint(session.end, async ({ headers, setCookie }) => {
    for (const { name, token } of sessionsIn(headers.cookie)) {
      if (!(await sessions.find(token))) continue; // of another stack
      await sessions.end(token);
      setCookie(sessionCookie({ name, token: '' }, { seconds: 0, isSecure: isSecure(headers) }));
    }
    return {};
  }),
];
