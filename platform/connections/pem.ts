import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readGiven } from './files.ts';

/** @returns the text of a PEM file of certificates. @throws Error in words, such as `/keys/ca.pem holds no certificate…` */
export const readCertificates = (file: string): string => expectCertificates(readGiven(file), file);

/** @param from whose text it is, for whoever reads that it is none */
export function expectCertificates(text: string, from: string): string {
  try {
    new X509Certificate(text);
  } catch (error) {
    throw new Error(`${from} holds no certificate that can be read: a PEM file has it between lines of BEGIN and END CERTIFICATE`, {
      cause: error,
    });
  }
  return text;
}

/** @returns the text of a PEM file of a private key. @throws Error in words */
export const readKey = (file: string): string => expectKey(readGiven(file), file);

const LOCKED = 'is locked by a passphrase, which nobody can give here: `openssl pkey` writes the key without one';
const NO_KEY = 'holds no private key that can be read: a PEM file has it between lines of BEGIN and END PRIVATE KEY';
/** @param from as above */
export function expectKey(text: string, from: string): string {
  try {
    createPrivateKey(text);
  } catch (error) {
    const isLocked = (error as { code?: string }).code === 'ERR_MISSING_PASSPHRASE';
    throw new Error(`${from} ${isLocked ? LOCKED : NO_KEY}`, { cause: error });
  }
  return text;
}

/** Whether a key is that of a certificate; both are as read above. */
export const isPair = (certificate: string, key: string): boolean =>
  new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));

/**
 * What is wrong where one of the two variables is given without the other, or the key is that of another certificate.
 * @param textOf a value's PEM
 */
export function wrongPair(
  env: Readonly<Record<string, unknown>>,
  [certificate, key]: readonly [certificate: string, key: string],
  textOf: (value: string) => string,
): { name: string; message: string }[] {
  const [given, its] = [env[certificate], env[key]] as (string | undefined)[];
  if (given === undefined && its === undefined) return [];
  if (given === undefined || its === undefined)
    return [{ name: given === undefined ? certificate : key, message: 'missing: certificate and key go together' }];
  return isPair(textOf(given), textOf(its)) ? [] : [{ name: key, message: `is not the key of the certificate in ${certificate}` }];
}
