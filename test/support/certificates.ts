import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Certificates of a test, by `openssl`. */
export interface Certificates {
  readonly folder: string;
  /** The authority that signed the two below */
  readonly authority: string;
  /** An authority that signed nothing */
  readonly stranger: string;
  /** Of `localhost`, and not of 127.0.0.1 */
  readonly server: Certificate;
  /** Of the user `mlops` */
  readonly client: Certificate;
  /** Of the same name, signed by the stranger */
  readonly forged: Certificate;
  remove(): Promise<void>;
}

/** Makes certificates in a folder, by `openssl`. */
export function issueInto(folder: string) {
  const at = (name: string): Certificate => ({ cert: path.join(folder, `${name}.crt`), key: path.join(folder, `${name}.key`) });
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

  async function makeAuthority(name: string) {
    const { cert, key } = at(name);
    await openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert);
    return at(name);
  }
  async function sign(name: string, by: Certificate, { subject, extensions }: { subject: string; extensions: string }) {
    const { cert, key } = at(name);
    const request = path.join(folder, `${name}.csr`);
    const extensionFile = path.join(folder, `${name}.ext`);
    await writeFile(extensionFile, extensions);
    await openssl('req', ...newKey, '-subj', `/CN=${subject}`, '-keyout', key, '-out', request);
    const serial = ['-set_serial', String(Math.ceil(Math.random() * 1e9))];
    await openssl(
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      by.cert,
      '-CAkey',
      by.key,
      ...serial,
      '-days',
      '2',
      '-extfile',
      extensionFile,
      '-out',
      cert,
    );
    return at(name);
  }
  return { makeAuthority, sign };
}

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops-certificates-'));
  const { makeAuthority, sign } = issueInto(folder);
  const [authority, stranger] = await Promise.all([makeAuthority('authority'), makeAuthority('stranger')]);
  const asClient = { subject: 'mlops', extensions: 'extendedKeyUsage=clientAuth\n' };
  const [server, client, forged] = await Promise.all([
    sign('server', authority, {
      subject: 'localhost',
      extensions: 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n',
    }),
    sign('client', authority, asClient),
    sign('forged', stranger, asClient),
  ]);
  return {
    folder,
    authority: authority.cert,
    stranger: stranger.cert,
    server,
    client,
    forged,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
