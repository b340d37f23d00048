import { createRequire } from 'node:module';
import type { loadClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectionOptions, TLSConfig } from '@temporalio/client';
import { z } from 'zod';
import { filePath, readGiven } from './files.ts';
import { expectCertificates, expectKey, isPair, readCertificates, readKey, wrongPair } from './pem.ts';

const text = (what: string) => z.string().optional().describe(what);
/** The names are those of `@temporalio/envconfig`, which Temporal's own tools read too. */
export const TEMPORAL_VARIABLES = {
  TEMPORAL_ADDRESS: z.string().optional().describe('Temporal frontend to use; the embedded one is not started'),
  TEMPORAL_NAMESPACE: z.string().optional().describe('Temporal namespace [default]'),
  TEMPORAL_API_KEY: z.string().optional().describe('API key of a managed Temporal; means TLS'),
  TEMPORAL_TLS: z.enum(['true', 'false']).optional().describe('Whether Temporal is reached by TLS'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: filePath(readCertificates, 'PEM file of our certificate, where Temporal asks for one'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: filePath(readKey, 'PEM file of its key'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: filePath(
    readCertificates,
    "PEM file of the authorities that sign Temporal's certificate [the usual ones]",
  ),
  TEMPORAL_TLS_SERVER_NAME: text("Name that Temporal's certificate is for, where it is not the address's"),
  TEMPORAL_CONFIG_FILE: filePath(readGiven, 'TOML file of profiles with all of these'),
  TEMPORAL_PROFILE: text("Profile of that file, or of Temporal's usual one [default]"),
};

/** What is wrong between variables that are right each for itself, by name; a profile may have the other half. */
export const checkTemporal = (env: z.infer<z.ZodObject<typeof TEMPORAL_VARIABLES>>): { name: string; message: string }[] =>
  env.TEMPORAL_CONFIG_FILE === undefined && env.TEMPORAL_PROFILE === undefined
    ? wrongPair(env, ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'], readGiven)
    : [];

export interface TemporalConnection {
  readonly address: string;
  readonly namespace: string;
  readonly tls?: ConnectionOptions['tls'];
  readonly apiKey?: string | undefined;
  readonly metadata?: Record<string, string> | undefined;
}

/**
 * @param embedded address of the server that is started where the environment names none
 * @throws Error when a file is missing or wrong
 */
export function readTemporal(
  env: z.infer<z.ZodObject<typeof TEMPORAL_VARIABLES>>,
  embedded: string,
): TemporalConnection & { external: boolean } {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, ...rest } = env;
  if (Object.values(rest).every((value) => value === undefined)) {
    return { address: address ?? embedded, namespace: namespace ?? 'default', external: address !== undefined };
  }
  const { connectionOptions, namespace: named } = load(env);
  const { address: found, tls, apiKey, metadata } = connectionOptions;
  if (typeof tls === 'object' && tls) expectUsable(tls);
  return {
    address: found ?? embedded,
    namespace: named ?? 'default',
    external: found !== undefined,
    // An embedded server has neither.
    ...(found !== undefined && {
      tls,
      ...(typeof apiKey === 'string' && { apiKey }),
      ...(metadata && { metadata: metadata as Record<string, string> }),
    }),
  };
}

function load(env: Readonly<Record<string, string | undefined>>) {
  // Read where it is needed: it brings the Temporal SDK, which the command line has no other use for.
  const envconfig = createRequire(import.meta.url)('@temporalio/envconfig') as { loadClientConnectConfig: typeof loadClientConnectConfig };
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  // The usual file is read where somebody asks for it: a start here must not run on whatever their other tools are set to.
  const disableFile = env['TEMPORAL_CONFIG_FILE'] === undefined && env['TEMPORAL_PROFILE'] === undefined;
  return envconfig.loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(given), disableFile });
}

/** Of a profile too, whose files nobody has looked into. */
function expectUsable({ serverRootCACertificate: authorities, clientCertPair: pair }: TLSConfig): void {
  if (authorities) expectCertificates(textOf(authorities), 'server_ca_cert_path of the profile');
  if (!pair) return;
  const certificate = expectCertificates(textOf(pair.crt), 'client_cert_path of the profile');
  const key = expectKey(textOf(pair.key), 'client_key_path of the profile');
  if (!isPair(certificate, key)) throw new Error('client_key_path of the profile is not the key of the certificate in client_cert_path');
}

const textOf = (pem: Uint8Array) => Buffer.from(pem).toString();
