import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { auditRequest, isAudited, type Auditor, type Taking } from './auditRequests.ts';
import { opensPage } from './opensPage.ts';
import { Problem, SAFE_METHODS } from './problems.ts';
import { looksIssued } from '../../contracts/keys.ts';
import type { Role } from '../../contracts/roles.ts';
import { isLoopback, type Access } from '../config.ts';
import { digestOf } from '../sha256.ts';
import type { Allowance, RateLimiter } from './rateLimiter.ts';
import { sessionsIn, type SentSession } from './sessionCookie.ts';

/** Who a request comes from. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
  /** Of an issued key */
  readonly keyId?: string;
  /** By the cookie of a browser that signed in */
  readonly isSession?: boolean;
  /** In place of the usual limit */
  readonly requestsPerMinute?: number;
}

/** Keys that were issued. */
export interface IssuedKeys {
  /**
   * @returns undefined for one that is not good: unknown, expired, revoked
   * @throws Failure `unavailable` where nobody can tell
   */
  find(key: string): Promise<Principal | undefined>;
}

/** Browsers that signed in. */
export interface Sessions {
  /**
   * @returns undefined of a token that is not good: unknown, over, or of a key that is not good any more
   * @throws Failure `unavailable` where nobody can tell
   */
  find(token: string): Promise<Principal | undefined>;
}

/** By what callers are known and how much each may ask. */
export interface Door {
  readonly access: Access;
  /** None when missing */
  readonly keys?: IssuedKeys | undefined;
  /** None when missing */
  readonly sessions?: Sessions | undefined;
  /** No limit when missing */
  readonly limiter?: RateLimiter | undefined;
}

const RANK: Record<Role, number> = { viewer: 0, user: 1, operator: 2, admin: 3 };
const LOOPBACK_PEERS = /^(::1|(::ffff:)?127\.)/;

/** What is looked at of whoever asks, by whatever protocol. */
export interface Asking {
  readonly method: string;
  /** Of whoever is at the other end of the connection */
  readonly address: string | undefined;
  /** A header, by its name in small letters; `host` whatever the protocol calls it */
  readonly header: (name: string) => string | undefined;
}

/**
 * Knows the caller of each request and refuses strangers.
 * - Host must be this machine's or a listed name: a page that rebinds its DNS name to loopback is refused (403).
 * - A request sent by a page of another origin is refused (403), so that no web site posts to a laptop's platform.
 * - Credentials come as X-API-Key, bearer token or basic auth: those of CREDENTIALS, or an issued key. Without any configured, and only while listening on
 *   loopback, a loopback caller is admin, and in a container whose ports are published on loopback alone (TRUST_NETWORK) every caller is; not one who sends an issued
 *   key that is not good.
 * - A browser that signed in sends a cookie in their place, which counts for our own pages alone. No browser is asked for credentials by its own prompt.
 * - Health is told to anyone.
 * @param signInAt where a browser is sent that nobody knows, with what it wanted to see as `from`
 */
export function controlAccess(door: Door, signInAt?: string): RequestHandler {
  const control: RequestHandler = async (req, res, next) => {
    const asking = askingOf(req);
    if (req.path.startsWith('/health')) {
      refuseStrangePages(door.access, asking);
      return next();
    }
    try {
      res.locals['principal'] = await admit(door, asking, (allowance) => void res.set(limitHeaders(allowance)));
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== 'unauthorized') throw error;
      if (signInAt !== undefined && opensPage(asking)) return res.redirect(`${signInAt}?from=${encodeURIComponent(req.originalUrl)}`);
      if (!isBrowser(asking)) res.set('www-authenticate', 'Basic realm="movie-mlops"');
      throw error;
    }
    next();
  };
  return Object.assign(control, { knowsCallers: true });
}

/**
 * @param tell told what the caller has left, where there is a limit
 * @returns who asks
 * @throws Problem `forbidden` as for controlAccess, `unauthorized` of somebody whom nobody knows, `tooMany` beyond the limit; Failure `unavailable` where a key cannot be
 * looked up
 */
export async function admit(door: Door, asking: Asking, tell: (allowance: Allowance) => void = () => undefined): Promise<Principal> {
  refuseStrangePages(door.access, asking);
  const principal = await identify(door, asking);
  const allowance = door.limiter?.take(bucketOf(principal, asking), principal?.requestsPerMinute);
  if (allowance) tell(allowance);
  if (allowance?.isAllowed === false) throw tooMany(allowance);
  if (!principal) throw new Problem('unauthorized', 'Send credentials: X-API-Key, a bearer token, or basic auth');
  return principal;
}

/** Of an Express request. */
export const askingOf = (req: Request): Asking => ({
  method: req.method,
  address: req.socket.remoteAddress,
  header: (name) => req.get(name),
});

/** Whether the caller of a request that goes on is still known: not where their key was revoked or their session is over. @throws as `admit` */
export const isStillKnown = async (door: Door, asking: Asking): Promise<boolean> => (await identify(door, asking)) !== undefined;

/** What asks in a browser, where an answer that names basic auth opens a prompt of the browser's own. Over plain HTTP it says less of itself. */
const isBrowser = ({ header }: Asking): boolean =>
  header('sec-fetch-site') !== undefined || header('x-requested-with') !== undefined || (header('accept') ?? '').includes('text/html');

const LOCAL: Principal = { name: 'local', role: 'admin' };

/** Whose requests are counted together: a key's, a name's; an address's where nobody is known, so that guessing is slow too. */
function bucketOf(principal: Principal | undefined, { address = '' }: Asking): string {
  if (!principal || principal === LOCAL) return `address ${address}`;
  return principal.keyId === undefined ? `name ${principal.name}` : `key ${principal.keyId}`;
}

const tooMany = ({ limit, retryAfterS }: Allowance) =>
  new Problem('tooMany', `More than ${limit} requests a minute; send the next one in ${retryAfterS} s`, { retryAfterS });

/** As https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 10) has them. */
const limitHeaders = ({ limit, remaining, resetS }: Allowance) => ({
  'ratelimit-policy': `"requests";q=${limit};w=60`,
  ratelimit: `"requests";r=${remaining};t=${resetS}`,
});

/** @throws Problem `forbidden` */
function refuseStrangePages(access: Access, asking: Asking): void {
  refuseForeignHost(asking, access);
  refuseForeignOrigin(asking, access);
}

/**
 * Lets a request pass when its principal has at least this role. One that may change something is written down in the audit log, where the process has one. Every
 * route stands behind this, so that docs/roles.md is made from it.
 */
export function requireRole(least: Role, taking: Taking = 'change'): RequestHandler {
  const handler: RequestHandler = (req, res, next) => {
    const principal = res.locals['principal'] as Principal;
    refuseSmallerRole(principal, least);
    const auditor = res.app.locals['auditor'] as Auditor | undefined;
    if (!auditor || !isAudited(req.method, least, taking)) return next();
    return auditRequest(auditor, { ...principal, taking }, { req, res, next });
  };
  return Object.assign(handler, { least, taking });
}

/** @throws Problem `forbidden` */
export function refuseSmallerRole({ name, role }: Principal, least: Role): void {
  if (RANK[role] < RANK[least]) throw new Problem('forbidden', `${name} is ${role}; this needs ${least}`);
}

/** Who needs no credentials. */
const isLetIn = ({ credentials, host, trustsNetwork }: Access, asking: Asking) =>
  credentials.length === 0 && (trustsNetwork === true || (isLoopback(host) && isLoopbackPeer(asking)));

const isLoopbackPeer = ({ address = '' }: Asking) => LOOPBACK_PEERS.test(address);

function refuseForeignHost({ header }: Asking, access: Access) {
  const name = hostName(header('host') ?? '');
  if (isLoopback(name) || name === access.host || access.allowedHosts.includes(name)) return;
  throw new Problem('forbidden', `Host ${name || '(none)'} is not served here; ALLOWED_HOSTS lists the names that are`);
}

function refuseForeignOrigin({ method, header }: Asking, access: Access) {
  const origin = header('origin');
  if (origin === undefined || SAFE_METHODS.includes(method) || access.allowedOrigins.includes(origin)) return;
  const sameOrigin = URL.canParse(origin) && new URL(origin).host === header('host');
  if (!sameOrigin) throw new Problem('forbidden', `Pages of ${origin} may not send requests here; ALLOWED_ORIGINS lists those that may`);
}

/** A name or an address and at most a port, and nothing that an URL may have beside them, such as a user before an `@`; empty for anything else. */
const HOST = /^(?:\[([\da-f:.]+)\]|([a-z\d._-]+))(?::\d{1,5})?$/i;
const hostName = (host: string): string => {
  const [, address, name] = HOST.exec(host) ?? [];
  return (address ?? name ?? '').toLowerCase();
};

async function identify({ access, keys, sessions }: Door, asking: Asking): Promise<Principal | undefined> {
  const sent = sentCredentials(asking);
  const signedIn = sent ? undefined : await findSession(sessions, asking);
  if (signedIn) return signedIn;
  const configured = sent && findConfigured(access, sent);
  if (configured) return configured;
  if (sent && looksIssued(sent.secret)) return findIssued(keys, sent);
  return isLetIn(access, asking) ? LOCAL : undefined;
}

/** A browser sends its cookie along with whatever it is made to send here. @throws Problem `forbidden` of what does not come from a page of ours */
async function findSession(sessions: Sessions | undefined, asking: Asking): Promise<Principal | undefined> {
  const found = await firstFound(sessions, sessionsIn(asking.header('cookie')));
  if (found && !isOfOwnPage(asking))
    throw new Problem('forbidden', 'Whoever is signed in changes something by the page that they signed in at');
  return found;
}

async function firstFound(sessions: Sessions | undefined, sent: readonly SentSession[]): Promise<Principal | undefined> {
  for (const { token } of sent) {
    const found = await sessions?.find(token);
    if (found) return found;
  }
  return undefined;
}

/** A site on another port of this host is the same one to SameSite. A browser names the page's origin with whatever changes something. */
function isOfOwnPage({ method, header }: Asking): boolean {
  const site = header('sec-fetch-site');
  if (site !== undefined && !['same-origin', 'none'].includes(site) && header('sec-fetch-mode') !== 'navigate') return false;
  const origin = header('origin');
  if (SAFE_METHODS.includes(method)) return true;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === header('host');
}

interface Sent {
  /** Of basic auth */
  readonly name?: string;
  readonly secret: string;
}

async function findIssued(keys: IssuedKeys | undefined, sent: Sent): Promise<Principal | undefined> {
  const found = await keys?.find(sent.secret);
  return sent.name === undefined || sent.name === found?.name ? found : undefined;
}

function findConfigured({ credentials }: Access, sent: Sent): Principal | undefined {
  const known = credentials.find(({ name, secret }) => (sent.name === undefined || sent.name === name) && sameSecret(sent.secret, secret));
  return known && { name: known.name, role: known.role };
}

function sentCredentials({ header }: Asking): Sent | undefined {
  const key = header('x-api-key');
  if (key) return { secret: key };
  const [scheme = '', value = ''] = (header('authorization') ?? '').split(' ');
  if (/^bearer$/i.test(scheme)) return { secret: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const [name = '', ...secret] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { name, secret: secret.join(':') };
}

/** Compared by digest, in constant time, whatever the lengths. */
const sameSecret = (sent: string, known: string) => timingSafeEqual(digestOf(sent), digestOf(known));
