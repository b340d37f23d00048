import { oneLine } from '../../../../platform/oneLine.ts';

/** The variables, or the parts of one, that a person can change, by what they are about. */
export interface Knobs {
  /** Where the engine is */
  readonly address: string;
  /** Whom we trust */
  readonly authority: string;
  /** What we show of ourselves by TLS */
  readonly certificate: string;
  /** Whether there is TLS at all */
  readonly tls: string;
}

/** What a connection that failed before anybody said who they are means, by what its error says. */
const FAULTS: readonly { readonly signs: RegExp; readonly says: (knobs: Knobs) => string }[] = [
  {
    signs: /ALTNAME_INVALID|does not match certificate's altnames|NotValidForName|not valid for (any )?name/i,
    says: ({ address }) => `its certificate is for another host: check the host in ${address}`,
  },
  {
    signs: /SELF_SIGNED|self[- ]signed|UNABLE_TO_(VERIFY|GET_ISSUER)|unable to (verify|get)|UnknownIssuer|unknown issuer/i,
    says: ({ authority }) => `its certificate is of no authority that is trusted: check ${authority}`,
  },
  { signs: /CERT_HAS_EXPIRED|certificate has expired/i, says: () => 'its certificate has expired: its owner has to renew it' },
  {
    signs:
      /alert (certificate (required|unknown)|unknown ca|bad certificate|handshake failure)|CertificateRequired|UnknownCA|BadCertificate/i,
    says: ({ certificate }) => `it wants a client certificate of an authority that it trusts: check ${certificate}`,
  },
  {
    signs: /WRONG_VERSION_NUMBER|wrong version number|packet length too long|InvalidContentType/i,
    says: ({ tls }) => `it does not speak TLS there: check ${tls}`,
  },
  {
    signs: /Socket closed unexpectedly|ECONNRESET|Connection terminated unexpectedly|disconnected before secure|Closed connection/,
    says: ({ tls, certificate }) =>
      `it ended the connection, as one does that wants TLS or a client certificate: check ${tls}, and ${certificate}`,
  },
  { signs: /ENOTFOUND|EAI_AGAIN/, says: ({ address }) => `no such host: check ${address}` },
  {
    signs: /Connection timeout|timeout expired|timed? ?out|ETIMEDOUT|DEADLINE_EXCEEDED/i,
    says: ({ address, tls }) => `nobody who speaks its protocol answers there in time: check ${address}, and ${tls}`,
  },
  { signs: /ECONNREFUSED/, says: ({ address }) => `nobody answers there: check ${address}` },
];

/** @param who what was asked, as `Redis localhost:6380`. @returns a sentence that ends with what to change, undefined for a fault of another kind */
export function describeConnectFault(who: string, error: unknown, knobs: Knobs): string | undefined {
  const words = wordsOf(error);
  const fault = FAULTS.find(({ signs }) => signs.test(words));
  return fault && `${who} cannot be used: ${fault.says(knobs)} (${wordsOf(error, 1)})`;
}

/** What an error and those that it stands for say, with their codes, in a line. */
export function wordsOf(error: unknown, depth = 5): string {
  const words = [...new Set(sayingsOf(error, depth))];
  return words.filter((one) => !words.some((other) => other !== one && other.includes(one))).join('; ');
}

function sayingsOf(error: unknown, depth: number): string[] {
  if (!(typeof error === 'object' && error !== null && 'message' in error)) return [oneLine(error)];
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  const message = oneLine(error);
  const own = [typeof code === 'string' && !message.includes(code) ? code : '', message].filter(Boolean).join(' ');
  return [own, ...(depth > 1 ? [cause, ...(errors ?? [])].filter(Boolean).flatMap((each) => sayingsOf(each, depth - 1)) : [])];
}
