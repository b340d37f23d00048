import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rootCertificates } from 'node:tls';

/** Where Node, OpenSSL (Go, Python), pip and Python's `requests` each look for a file of certificate authorities. */
const VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'PIP_CERT', 'REQUESTS_CA_BUNDLE'];

/**
 * A company's certificate authority that one of these variables names is known to every program that the setup runs: the variables that are not
 * set name a file with all of them and those that Node ships.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, string>} the variables to add
 */
export function sharedAuthorities(env, cacheDir) {
  const files = [...new Set(VARIABLES.map((name) => env[name]).filter(Boolean))];
  const unset = VARIABLES.filter((name) => !env[name]);
  if (files.length === 0 || unset.length === 0) return {};
  const file = path.join(cacheDir, 'authorities.pem');
  mkdirSync(cacheDir, { recursive: true });
  writeFileSync(file, [...files.map((given) => readFileSync(given, 'utf8')), ...rootCertificates].join('\n'));
  return Object.fromEntries(unset.map((name) => [name, file]));
}
