import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
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

/**
 * Knows the caller of each request and refuses strangers.
 * - Host must be this machine's or a listed name: a page that rebinds its DNS name to loopback is refused (403).
 * - A request sent by a page of another origin is refused (403), so that no web site posts to a laptop's platform.
 * - Credentials come as X-API-Key, bearer token or basic auth. Without any configured, and only while listening on loopback,
 *   a loopback caller is admin.
 */
export function controlAccess(access: Access): RequestHandler {
  const openToLoopback = access.credentials.length === 0 && isLoopback(access.host);
  return (req, res, next) => {
    refuseForeignHost(req, access);
    refuseForeignOrigin(req, access);
    const principal =
      identify(req, access) ?? (openToLoopback && isLoopbackPeer(req) ? { name: 'local', role: 'admin' as const } : undefined);
    if (!principal && !req.path.startsWith('/health')) {
      res.set('www-authenticate', 'Basic realm="movie-mlops"');
      throw new Problem('unauthorized', 'Send credentials: X-API-Key, a bearer token, or basic auth');
    }
    res.locals['principal'] = principal;
    next();
  };
}

/** Lets a request pass when its principal has at least this role. */
export const requireRole =
  (least: Role): RequestHandler =>
  (_req, res, next) => {
    const { name, role } = res.locals['principal'] as Principal;
    if (RANK[role] < RANK[least]) throw new Problem('forbidden', `${name} is ${role}; this needs ${least}`);
    next();
  };

const isLoopbackPeer = (req: Request) => LOOPBACK_PEERS.test(req.socket.remoteAddress ?? '');

function refuseForeignHost(req: Request, access: Access) {
  const name = hostName(req.get('host') ?? '');
  if (isLoopback(name) || name === access.host || access.allowedHosts.includes(name)) return;
  throw new Problem('forbidden', `Host ${name || '(none)'} is not served here; ALLOWED_HOSTS lists the names that are`);
}

function refuseForeignOrigin(req: Request, access: Access) {
  const origin = req.get('origin');
  if (origin === undefined || SAFE_METHODS.includes(req.method) || access.allowedOrigins.includes(origin)) return;
  const sameOrigin = URL.canParse(origin) && new URL(origin).host === req.get('host');
  if (!sameOrigin) throw new Problem('forbidden', `Pages of ${origin} may not send requests here; ALLOWED_ORIGINS lists those that may`);
}

/** A name or an address and at most a port, and nothing that an URL may have beside them, such as a user before an `@`; empty for anything else. */
const HOST = /^(?:\[([\da-f:.]+)\]|([a-z\d._-]+))(?::\d{1,5})?$/i;
const hostName = (host: string): string => {
  const [, address, name] = HOST.exec(host) ?? [];
  return (address ?? name ?? '').toLowerCase();
};

function identify(req: Request, { credentials }: Access): Principal | undefined {
  const sent = sentCredentials(req);
  if (!sent) return undefined;
  const known = credentials.find(({ name, secret }) => (sent.name === undefined || sent.name === name) && sameSecret(sent.secret, secret));
  return known && { name: known.name, role: known.role };
}

function sentCredentials(req: Request): { name?: string; secret: string } | undefined {
  const key = req.get('x-api-key');
  if (key) return { secret: key };
  const [scheme = '', value = ''] = (req.get('authorization') ?? '').split(' ');
  if (/^bearer$/i.test(scheme)) return { secret: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const [name = '', ...secret] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { name, secret: secret.join(':') };
}

/** Compared by digest, in constant time, whatever the lengths. */
const sameSecret = (sent: string, known: string) => timingSafeEqual(digest(sent), digest(known));
const digest = (text: string) => createHash('sha256').update(text).digest();
