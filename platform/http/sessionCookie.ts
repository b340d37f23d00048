/** One for all ports of a host, as cookies are. */
const NAME = 'mlops_session';

/** The token in the header `Cookie`. */
export const sessionTokenIn = (cookies: string | undefined): string | undefined =>
  cookies
    ?.split(';')
    .map((pair) => pair.trim().split('='))
    .find(([name]) => name === NAME)?.[1];

/** A value of `Set-Cookie`. Scripts do not see it, and no page of another site makes a browser send it. @param token empty: it is taken away */
export const sessionCookie = (token: string, { seconds, isSecure }: { seconds: number; isSecure: boolean }): string =>
  `${NAME}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
