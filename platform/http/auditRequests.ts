import type { NextFunction, Request, Response } from 'express';
import type { Role } from '../../contracts/roles.ts';
import { inAudit, type AuditedRequest } from '../audit.ts';
import { SAFE_METHODS } from './problems.ts';
import { withoutUsers } from './requestId.ts';

/** A request that may change something. */
export interface Asked {
  readonly who: string;
  readonly keyId?: string | undefined;
  /** Missing of somebody who is not known */
  readonly role?: Role;
  /** Its method and the pattern of its route */
  readonly what: string;
  /** Its path, which names no user */
  readonly target: string;
  readonly requestId: string;
}

/** Who writes down what is asked and what became of it. */
export interface Auditor {
  /** Nothing is written down before the request begins to change something. */
  open(asked: Asked): AuditedRequest & { readonly answered: (status: number | undefined) => Promise<void> };
}

/** What a route takes: `data` of users, runs and features, which is kept as such; who comes in and goes out (`access`); anything else is a `change` where it is no reading. */
export type Taking = 'data' | 'access' | 'change';

/** Whether a route's requests are written down: reading is not, whatever its method, and what a viewer may do is reading, but for coming in and going out. */
export const isAudited = (method: string, least: Role, taking: Taking): boolean =>
  (taking === 'access' || (taking === 'change' && least !== 'viewer')) && !SAFE_METHODS.includes(method.toUpperCase());

interface Asking {
  readonly name: string;
  readonly role: Role;
  readonly keyId?: string;
  readonly taking: Taking;
}

/** Goes on with a request so that it is written down before it changes something, and what it was answered afterwards. */
export function auditRequest(
  auditor: Auditor,
  { name, keyId, role, taking }: Asking,
  { req, res, next }: { req: Request; res: Response; next: NextFunction },
): void {
  // A key of the role user is named as the user whose it is, who may be erased one day.
  const isUser = name === req.params['user_id'] || (taking === 'access' && role === 'user');
  const audited = auditor.open({
    who: isUser ? 'the user' : name,
    ...{ keyId, role },
    what: `${req.method} ${req.baseUrl}${(req.route as { path: string }).path}`,
    target: withoutUsers(req.originalUrl.split('?')[0]!).slice(0, TARGET_CHARACTERS),
    requestId: String(res.locals['requestId']),
  });
  res.once('close', () => void audited.answered(res.writableFinished ? res.statusCode : undefined));
  inAudit(audited, next);
}
const TARGET_CHARACTERS = 2_000;
