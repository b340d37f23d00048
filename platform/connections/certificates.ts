import { X509Certificate } from 'node:crypto';
import type { Config } from '../config.ts';
import { postgresOptions } from './postgres.ts';
import { redisOptions } from './redis.ts';

/** Until when a certificate that the configuration names is valid. */
export interface CertificateExpiry {
  readonly what: string;
  readonly until: Date;
}

type Connections = Pick<Config, 'database' | 'kafka' | 'temporal' | 'redisUrl'>;

/** Our certificates, and the authorities that we trust, of each engine; none where engines are reached without TLS. */
export function expiriesOf({ database, kafka, temporal, redisUrl }: Connections): CertificateExpiry[] {
  const postgres = postgresOptions(database.url).ways.find((way) => way !== false);
  const redis = redisUrl === undefined ? {} : redisOptions(redisUrl).socket;
  const ofTemporal = typeof temporal.tls === 'object' ? temporal.tls : null;
  const given: Record<string, unknown> = {
    'postgres client': postgres && postgres.cert,
    'postgres authorities': postgres && postgres.ca,
    'kafka client': kafka.ssl?.cert,
    'kafka authorities': kafka.ssl?.ca,
    'temporal client': ofTemporal?.clientCertPair?.crt,
    'temporal authorities': ofTemporal?.serverRootCACertificate,
    'redis client': 'cert' in redis ? redis.cert : undefined,
    'redis authorities': 'ca' in redis ? redis.ca : undefined,
  };
  return Object.entries(given).flatMap(([what, pem]) => {
    const text = pem instanceof Uint8Array ? Buffer.from(pem).toString() : pem;
    const until = typeof text === 'string' ? readExpiry(text, what.endsWith('client')) : undefined;
    return until ? [{ what, until }] : [];
  });
}

const ONE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A chain ends with its first certificate that does; of authorities the last one serves until its own end. */
function readExpiry(pem: string, isChain: boolean): Date | undefined {
  const ends = (pem.match(ONE) ?? []).map((one) => Date.parse(new X509Certificate(one).validTo));
  if (ends.length === 0) return undefined;
  return new Date(isChain ? Math.min(...ends) : Math.max(...ends));
}
