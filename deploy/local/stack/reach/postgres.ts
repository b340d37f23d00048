import type { Config } from '../../../../platform/config.ts';
import { askPostgresOnce } from '../../../../platform/postgres.ts';
import { describeConnectFault, wordsOf } from './faults.ts';

type Variable = 'DATABASE_URL' | 'DATABASE_DIRECT_URL';

/** What a URL says, and libpq's variables where there is none. */
function knobsOf(variable: Variable) {
  const or = (...names: string[]) => (variable === 'DATABASE_URL' ? ` (${names.join(', ')})` : '');
  return {
    address: `${variable}${or('PGHOST', 'PGPORT')}`,
    authority: `sslrootcert in ${variable}${or('PGSSLROOTCERT')}`,
    certificate: `sslcert and sslkey in ${variable}${or('PGSSLCERT', 'PGSSLKEY')}`,
    tls: `sslmode in ${variable}${or('PGSSLMODE')}`,
    login: `the user and the password in ${variable}${or('PGUSER', 'PGPASSWORD')}`,
    password: `${variable}${or('PGPASSWORD')}`,
    database: `the database in ${variable}${or('PGDATABASE')}`,
  };
}

/** Of the Postgres that is started here. @param version of its programs */
export function describeOwnPostgres(version: string, { unused = [] }: Pick<Config['database'], 'unused'>): string {
  const are = unused.length === 1 ? 'is' : 'are';
  return `version ${version}${unused.length > 0 ? `; ${unused.join(', ')} ${are} set and not used: neither DATABASE_URL nor PGHOST names a Postgres` : ''}`;
}

interface Seen {
  readonly version: string;
  readonly role: string;
  readonly superuser: boolean;
  readonly is_encrypted: boolean;
  readonly is_migrated: boolean;
  readonly may_create: boolean;
  readonly may_create_in_public: boolean;
}
const LOOK = `select current_setting('server_version') as version, current_user as role, rolsuper as superuser,
  coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as is_encrypted,
  to_regclass('schema_migrations') is not null as is_migrated,
  has_database_privilege(current_database(), 'create') as may_create,
  coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create_in_public
  from pg_roles where rolname = current_user`;

/** @returns what was reached, as whom, with which rights. @throws Error that says what is missing and which variable to check */
export async function lookAtPostgres({ database }: Pick<Config, 'database'>): Promise<string> {
  const pooled = await lookAt(database.url, 'DATABASE_URL');
  if (database.directUrl === undefined) return pooled;
  return `${pooled}; DATABASE_DIRECT_URL: ${await lookAt(database.directUrl, 'DATABASE_DIRECT_URL')}`;
}

async function lookAt(text: string, variable: Variable): Promise<string> {
  const url = new URL(text);
  const where = `${url.hostname}:${url.port || '5432'}${url.pathname}`;
  const mode = url.searchParams.get('sslmode') ?? 'disable';
  const user = decodeURIComponent(url.username);
  const seen = await askPostgresOnce<Seen>(text, LOOK).catch((error: unknown) => {
    throw new Error(describe(error, { where, user, variable }), { cause: error });
  });
  const lacks = [
    ...(seen.may_create ? [] : [`grant create on database ${url.pathname.slice(1)} to ${seen.role}`]),
    ...(seen.may_create_in_public ? [] : [`grant create on schema public to ${seen.role}`]),
  ];
  if (lacks.length > 0)
    throw new Error(`Postgres ${where}: the role ${seen.role} of ${variable} may not create what the platform makes: ${lacks.join('; ')}`);
  const rank = seen.superuser ? 'a superuser' : 'no superuser, who may create schemas and tables';
  return `version ${seen.version} at ${where}${tlsOf(mode, seen)} as ${seen.role}, ${rank}`;
}

function tlsOf(mode: string, { is_encrypted }: Seen): string {
  if (mode === 'disable') return '';
  return is_encrypted || !['allow', 'prefer'].includes(mode) ? ` by TLS (${mode})` : ` without TLS (${mode})`;
}

function describe(error: unknown, { where, user, variable }: { where: string; user: string; variable: Variable }): string {
  const knobs = knobsOf(variable);
  const words = wordsOf(error);
  const code = (error as { code?: string }).code;
  const who = `Postgres ${where}`;
  if (/no encryption/.test(words)) return `${who} takes no connection without TLS: check ${knobs.tls} (${words})`;
  if (/password must be a(n empty)? string/.test(words))
    return `${who} wants a password of the user ${user}, and none is given: put it into ${knobs.password}`;
  if (code === '28P01' || code === '28000' || /SASL/.test(words)) return `${who} refused the user ${user} (${words}): check ${knobs.login}`;
  if (code === '3D000') return `${who}: ${words}: check ${knobs.database}`;
  if (/does not support SSL/.test(words)) return `${who} has no TLS: check ${knobs.tls}`;
  return describeConnectFault(who, error, knobs) ?? `${who} cannot be used: ${words}`;
}
