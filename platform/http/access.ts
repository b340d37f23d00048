import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { Problem, SAFE_METHODS } from './problems.ts';
import type { Role } from '../../contracts/roles.ts';
import { isLoopback, type Access } from '../config.ts';

/** Who a request comes from. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
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
 * - Credentials come as X-API-Key, bearer token or basic auth. Without any configured, and only while listening on loopback,
 *   a loopback caller is admin; in a container whose ports are published on loopback alone (TRUST_NETWORK) every caller is.
 */
export function controlAccess(access: Access): RequestHandler {
  return (req, res, next) => {
    const principal = knowCaller(access, { method: req.method, address: req.socket.remoteAddress, header: (name) => req.get(name) });
    if (!principal && !req.path.startsWith('/health')) {
      res.set('www-authenticate', 'Basic realm="movie-mlops"');
      throw unknownCaller();
    }
    res.locals['principal'] = principal;
    next();
  };
}

/** @returns who asks; undefined where nobody knows them @throws Problem `forbidden`, as for controlAccess */
export function knowCaller(access: Access, asking: Asking): Principal | undefined {
  refuseForeignHost(asking, access);
  refuseForeignOrigin(asking, access);
  return identify(asking, access) ?? (isLetIn(access, asking) ? { name: 'local', role: 'admin' } : undefined);
}

export const unknownCaller = () => new Problem('unauthorized', 'Send credentials: X-API-Key, a bearer token, or basic auth');

/** Lets a request pass when its principal has at least this role. */
export const requireRole =
  (least: Role): RequestHandler =>
  (_req, res, next) => {
    refuseSmallerRole(res.locals['principal'] as Principal, least);
    next();
  };

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

function identify(asking: Asking, { credentials }: Access): Principal | undefined {
  const sent = sentCredentials(asking);
  if (!sent) return undefined;
  const known = credentials.find(({ name, secret }) => (sent.name === undefined || sent.name === name) && sameSecret(sent.secret, secret));
  return known && { name: known.name, role: known.role };
}

function sentCredentials({ header }: Asking): { name?: string; secret: string } | undefined {
  const key = header('x-api-key');
  if (key) return { secret: key };
  const [scheme = '', value = ''] = (header('authorization') ?? '').split(' ');
  if (/^bearer$/i.test(scheme)) return { secret: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const [name = '', ...secret] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { name, secret: secret.join(':') };
}

/** Compared by digest, in constant time, whatever the lengths. */
const sameSecret = (sent: string, known: string) => timingSafeEqual(digest(sent), digest(known));
const digest = (text: string) => createHash('sha256').update(text).digest();
