import { AsyncLocalStorage } from 'node:async_hooks';

/** The request in whose name something is changed. */
export interface AuditedRequest {
  readonly by: string;
  /**
   * Writes down that it was asked for, before the first change is made; again it does nothing.
   * @returns the number of that row @throws where it cannot be written down: then nothing is to be changed
   */
  readonly begin: () => Promise<number>;
  /** Writes down a change of what is not in Postgres, which writes its own down itself. */
  readonly note: (change: NotedChange) => Promise<void>;
}

export interface NotedChange {
  /** Such as `put schedule` */
  readonly what: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

const requests = new AsyncLocalStorage<AuditedRequest>();

/** Runs `body` so that whatever it changes, however deep, is written down as this request's. */
export const inAudit = <T>(request: AuditedRequest, body: () => T): T => requests.run(request, body);

/** Runs `body` for nobody: what it writes is no change. */
export const outOfAudit = <T>(body: () => T): T => requests.exit(body);

/** The request that goes on here; undefined where none does, or it changes nothing. */
export const auditedRequest = (): AuditedRequest | undefined => requests.getStore();
