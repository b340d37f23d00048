import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';
import { readBy } from './files.ts';
import { isPair, readCertificates, readKey } from './pem.ts';

/** As libpq means them. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/** libpq's own variables for what a URL may also say, by the name that it has there. */
const SSL_PARAMETERS = { sslmode: 'PGSSLMODE', sslrootcert: 'PGSSLROOTCERT', sslcert: 'PGSSLCERT', sslkey: 'PGSSLKEY' } as const;

const OF_AN_ADDRESS = ['PGUSER', 'PGPASSWORD', 'PGDATABASE', ...Object.values(SSL_PARAMETERS)] as const;

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must be postgres://USER@HOST:PORT/DATABASE')
  .transform(
    readBy((url: string) => {
      postgresOptions(url);
      return url;
    }),
  )
  .optional();

export const POSTGRES_VARIABLES = {
  DATABASE_URL: postgresUrl.describe(
    'Postgres to use, with sslmode, sslrootcert, sslcert and sslkey as libpq reads them; the embedded one is not started',
  ),
  DATABASE_DIRECT_URL: postgresUrl.describe(
    'The same Postgres past its pooler, for migrations and notifications; set where DATABASE_URL is a pooler in transaction mode',
  ),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(10).describe('Connections each process holds at most'),
  PGHOST: z.string().optional().describe('Host of the Postgres to use, where there is no DATABASE_URL'),
  PGPORT: z.coerce.number().int().min(1).max(65_535).default(5432).describe('Port at PGHOST'),
  PGUSER: z.string().optional().describe('User, where DATABASE_URL names none'),
  PGPASSWORD: z.string().optional().describe('Password, where DATABASE_URL has none'),
  PGDATABASE: z.string().optional().describe("Database at PGHOST [the user's name]"),
  PGSSLMODE: z
    .string()
    .optional()
    .describe(`sslmode, where DATABASE_URL has none: ${SSL_MODES.join(', ')}`),
  PGSSLROOTCERT: z
    .string()
    .optional()
    .describe('sslrootcert, where DATABASE_URL has none: PEM file of the authorities to trust, or `system`'),
  PGSSLCERT: z.string().optional().describe('sslcert, where DATABASE_URL has none: PEM file of our certificate'),
  PGSSLKEY: z.string().optional().describe('sslkey, where DATABASE_URL has none: PEM file of its key'),
};
type PostgresEnvironment = z.infer<z.ZodObject<typeof POSTGRES_VARIABLES>>;

export interface PostgresSettings {
  /** With user, password and TLS in it; `postgresOptions` reads it */
  readonly url: string;
  /** Past a pooler in transaction mode, which `url` then is */
  readonly directUrl?: string | undefined;
  readonly poolSize: number;
  readonly external: boolean;
  /** libpq's variables that are set, though nothing names a Postgres that they could be about: of other tools, or in vain */
  readonly unused?: readonly string[];
}

/** What is wrong between variables that are right each for itself, by name. */
export const checkDatabase = (env: PostgresEnvironment): { name: string; message: string }[] =>
  env.DATABASE_DIRECT_URL === undefined || env.DATABASE_URL !== undefined || env.PGHOST !== undefined
    ? []
    : [{ name: 'DATABASE_URL', message: 'missing, though DATABASE_DIRECT_URL leads past the pooler that it names' }];

/**
 * @param embeddedUrl of the Postgres that is started where the environment names none
 * @throws Error that names what cannot be used
 */
export function readPostgres(env: PostgresEnvironment, embeddedUrl: string): PostgresSettings {
  const given = env.DATABASE_URL ?? (env.PGHOST === undefined ? undefined : urlOfHost(env.PGHOST, env));
  const url = given === undefined ? embeddedUrl : completed(given, env);
  const directUrl = given === undefined || env.DATABASE_DIRECT_URL === undefined ? undefined : completed(env.DATABASE_DIRECT_URL, env);
  for (const each of [url, directUrl ?? url]) postgresOptions(each);
  const unused = given === undefined ? OF_AN_ADDRESS.filter((name) => env[name] !== undefined) : [];
  return {
    url,
    ...(directUrl !== undefined && { directUrl }),
    poolSize: env.DATABASE_POOL_SIZE,
    external: given !== undefined,
    ...(unused.length > 0 && { unused }),
  };
}

function urlOfHost(host: string, { PGPORT, PGDATABASE, PGUSER }: PostgresEnvironment): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return `postgres://${shown}:${PGPORT}/${encodeURIComponent(PGDATABASE ?? PGUSER ?? 'postgres')}`;
}

/** What the URL leaves out is in libpq's variables. */
function completed(text: string, env: PostgresEnvironment): string {
  const url = new URL(text);
  if (url.username === '') url.username = encodeURIComponent(env.PGUSER ?? '');
  if (url.password === '' && url.username !== '') url.password = encodeURIComponent(env.PGPASSWORD ?? '');
  for (const [parameter, variable] of Object.entries(SSL_PARAMETERS)) {
    const value = env[variable];
    if (value !== undefined && !url.searchParams.has(parameter)) url.searchParams.set(parameter, value);
  }
  return url.href;
}

export interface PostgresOptions {
  readonly connectionString: string;
  /** By TLS with these options, or without; in the order in which they are tried */
  readonly ways: readonly [ConnectionOptions | false, ...(ConnectionOptions | false)[]];
}

/**
 * The options of `pg` for a URL as libpq reads it: `allow` encrypts where the server takes nobody else, `prefer` where it can; `require` encrypts
 * and trusts whoever answers, unless there is an sslrootcert; `verify-ca` asks for a certificate of a trusted authority; `verify-full` for one of
 * this host.
 * @throws Error that names the parameter which cannot be used
 */
export function postgresOptions(text: string): PostgresOptions {
  const url = new URL(text);
  const take = (name: keyof typeof SSL_PARAMETERS) => {
    const value = url.searchParams.get(name) ?? undefined;
    url.searchParams.delete(name);
    return value;
  };
  const mode = modeOf(take('sslmode'));
  const [root, cert, key] = [take('sslrootcert'), take('sslcert'), take('sslkey')];
  if ((cert === undefined) !== (key === undefined)) throw new Error('sslcert and sslkey (PGSSLCERT, PGSSLKEY) go together');
  if (mode === 'disable') return { connectionString: url.href, ways: [false] };
  const read = (name: keyof typeof SSL_PARAMETERS, file: string, readPem: typeof readKey) => {
    try {
      return readPem(file);
    } catch (error) {
      throw new Error(`${name} (${SSL_PARAMETERS[name]}): ${(error as Error).message}`, { cause: error });
    }
  };
  const ssl: ConnectionOptions = {
    ...(root !== undefined && root !== 'system' && { ca: read('sslrootcert', root, readCertificates) }),
    ...(cert !== undefined && { cert: read('sslcert', cert, readCertificates) }),
    ...(key !== undefined && { key: read('sslkey', key, readKey) }),
    // libpq: with a root certificate those below `verify-ca` look at the authority too.
    rejectUnauthorized: mode.startsWith('verify') || root !== undefined,
  };
  if (typeof ssl.cert === 'string' && typeof ssl.key === 'string' && !isPair(ssl.cert, ssl.key))
    throw new Error('sslkey (PGSSLKEY) is not the key of the certificate in sslcert (PGSSLCERT)');
  const tls = mode === 'verify-full' ? ssl : { ...ssl, checkServerIdentity: () => undefined };
  if (mode === 'allow') return { connectionString: url.href, ways: [false, tls] };
  return { connectionString: url.href, ways: mode === 'prefer' ? [tls, false] : [tls] };
}

function modeOf(given: string | undefined): SslMode {
  if (given === undefined) return 'disable';
  const mode = SSL_MODES.find((known) => known === given);
  if (mode === undefined) throw new Error(`sslmode (PGSSLMODE) is ${given}; it is one of ${SSL_MODES.join(', ')}`);
  return mode;
}
