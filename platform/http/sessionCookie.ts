/** Cookies know no ports: by its port in the name, a stack takes none away that another on the same host has set. */
const NAME = /^mlops_session(_\d{1,5})?$/;
/** Of the stacks on one host; the tokens of more are not looked up. */
const LOOKED_AT = 8;

export interface SentSession {
  /** Of the cookie */
  readonly name: string;
  readonly token: string;
}

/** The tokens in the header `Cookie`, also those of other stacks. */
export const sessionsIn = (cookies: string | undefined): SentSession[] =>
  (cookies ?? '')
    .split(';')
    .flatMap((pair) => {
      const [name = '', token = ''] = pair.trim().split('=');
      return NAME.test(name) ? [{ name, token }] : [];
    })
    .slice(0, LOOKED_AT);

/** What the cookie is called at an address. @param host as the browser asks for it; behind a proxy often without a port */
export function sessionCookieName(host: string): string {
  const port = /:(\d{1,5})$/.exec(host)?.[1];
  return port === undefined ? 'mlops_session' : `mlops_session_${port}`;
}

/** A value of `Set-Cookie`. Scripts do not see it, and no page of another site makes a browser send it. @param token empty: it is taken away */
export const sessionCookie = ({ name, token }: SentSession, { seconds, isSecure }: { seconds: number; isSecure: boolean }): string =>
  `${name}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
