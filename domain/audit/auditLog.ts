import type { AuditEntry, AuditQuery } from '../../contracts/audit.ts';
import { outOfAudit } from '../../platform/audit.ts';
import type { Asked, Auditor } from '../../platform/http/auditRequests.ts';
import type { Logger } from '../../platform/log.ts';
import { storableJson, type Database } from '../../platform/postgres.ts';

/** The audit log, as the doors write it. What changes in Postgres its triggers write (data/migrations/048). */
export const createAuditor = (db: Database, log: Logger): Auditor => ({
  open(asked) {
    let begun: Promise<number> | undefined;
    const begin = () => (begun ??= addRow(db, asked));
    const add = async (row: Omit<Row, 'request'>, lost: string) => {
      const request = await begin();
      await addRow(db, asked, { ...row, request }).catch((error: unknown) => log.error({ err: error, audit_id: request }, lost));
    };
    return {
      by: asked.who,
      begin,
      note: (change) => add({ kind: 'changed', ...change }, 'a change is not written down in the audit log; that it was asked for is'),
      async answered(status) {
        const isThere = await begun?.catch(() => undefined);
        if (isThere !== undefined)
          await add({ kind: 'answered', status }, 'an answer is not written down in the audit log; that it was asked for is');
      },
    };
  },
});

interface Row {
  readonly kind: AuditEntry['kind'];
  readonly request?: number;
  readonly what?: string;
  readonly target?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly status?: number | undefined;
}

async function addRow(db: Database, asked: Asked, { kind, ...row }: Row = { kind: 'asked' }): Promise<number> {
  const sql = `insert into audit_log (kind, request, who, key_id, role, what, target, before, after, status, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, audit_part($8, null), audit_part($9, null), $10, $11) returning audit_id`;
  const values = [
    ...[kind, row.request ?? null, asked.who, asked.keyId ?? null, asked.role ?? null],
    ...[row.what ?? asked.what, row.target ?? asked.target, jsonOf(row.before), jsonOf(row.after), row.status ?? null, asked.requestId],
  ];
  const { rows } = await outOfAudit(() => db.query<{ audit_id: number }>(sql, values));
  return rows[0]!.audit_id;
}

const jsonOf = (value: unknown): string | null => (value === undefined || value === null ? null : storableJson(value));

type Stored = Omit<AuditEntry, 'audit_id' | 'happened_at' | 'request'> & {
  readonly audit_id: number;
  readonly happened_at: Date;
  readonly request: number | null;
};

/** Newest first. */
export async function listAudit(db: Database, query: AuditQuery): Promise<{ entries: AuditEntry[]; next_cursor: string | null }> {
  const { who, key_id, kind, target, request, since, until, cursor, limit } = query;
  const { rows } = await db.query<Stored>(
    `select audit_id, happened_at, kind, case when kind = 'asked' then audit_id else request end as request, who, key_id, role, what, target, before, after,
       status, request_id
     from audit_log
     where ($1::text is null or who = $1) and ($2::text is null or key_id = $2) and ($3::text is null or kind = $3)
       and ($4::text is null or starts_with(target, $4)) and ($5::bigint is null or request = $5 or audit_id = $5)
       and ($6::timestamptz is null or happened_at >= $6) and ($7::timestamptz is null or happened_at < $7)
       and ($8::bigint is null or audit_id < $8)
     order by audit_log.audit_id desc limit $9`,
    [...[who, key_id, kind, target, request, since, until, cursor].map((value) => value ?? null), limit],
  );
  const entries = rows.map((row): AuditEntry => ({
    ...row,
    audit_id: String(row.audit_id),
    happened_at: row.happened_at.toISOString(),
    request: row.request === null ? null : String(row.request),
  }));
  return { entries, next_cursor: rows.length === limit ? entries.at(-1)!.audit_id : null };
}
