import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../../../../platform/config.ts';
import type { TemporalConnection } from '../../../../platform/connections/temporal.ts';
import { checkTemporal, createTemporalClient } from '../../../../platform/temporal/client.ts';
import { missingSearchAttributes } from '../../../../platform/temporal/searchAttributes.ts';
import { describeConnectFault, wordsOf } from './faults.ts';

const KNOBS = {
  address: 'TEMPORAL_ADDRESS, or TEMPORAL_TLS_SERVER_NAME',
  authority: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  certificate: 'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH',
  tls: 'TEMPORAL_TLS',
};
const PROBE_MS = 2_000;
/** How HTTP/2 begins, with settings that set nothing. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
const TLS_ALERT = 0x15;

/** @returns what was reached, as whom, with which rights. @throws Error that says what is missing and which variable to check */
export async function lookAtTemporal({ temporal: settings }: Pick<Config, 'temporal'>): Promise<string> {
  const { address, namespace, tls, apiKey } = settings;
  const client = createTemporalClient(settings);
  try {
    await checkTemporal(client);
    const who = apiKey ? ' with an API key' : typeof tls === 'object' && tls?.clientCertPair ? ' with a client certificate' : '';
    return `namespace ${namespace} at ${address}${tls ? ' by TLS' : ''}${who}; ${await lookAtSearchAttributes(client)}`;
  } catch (error) {
    throw new Error(await describe(error, settings), { cause: error });
  } finally {
    await client.connection.close();
  }
}

/** Searches alone are without them. */
async function lookAtSearchAttributes(client: ReturnType<typeof createTemporalClient>): Promise<string> {
  try {
    const missing = await missingSearchAttributes(client);
    return missing.length === 0
      ? 'it has our search attributes'
      : `it lacks the search attributes ${missing.join(', ')}, and runs go without`;
  } catch (error) {
    return `we may not look at its search attributes, and runs go without those that it lacks (${wordsOf(error, 1)})`;
  }
}

async function describe(error: unknown, settings: TemporalConnection): Promise<string> {
  const { address, namespace, apiKey } = settings;
  const { code } = error as { code?: number };
  const who = `Temporal ${address}`;
  const words = wordsOf(error);
  if (code === 16 || code === 7)
    return `${who} refused us in the namespace ${namespace} (${words}): check ${apiKey ? 'TEMPORAL_API_KEY' : `TEMPORAL_API_KEY, or ${KNOBS.certificate}`}, and TEMPORAL_NAMESPACE`;
  if (code === 5) return `${who} has no namespace ${namespace}: check TEMPORAL_NAMESPACE, or have it made`;
  // gRPC waits for a connection and does not say why there is none.
  const fault = await connectFaultOf(settings);
  return describeConnectFault(who, fault ?? error, KNOBS) ?? `${who} cannot be used: ${words}`;
}

/** What becomes of one connection that is made as gRPC makes it. @returns undefined where the other side begins to speak, or says nothing */
function connectFaultOf({ address, tls }: TemporalConnection): Promise<unknown> {
  const [, host = address, port = '7233'] = /^(.*):(\d+)$/.exec(address) ?? [];
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = typeof tls === 'object' && tls ? tls : {};
  const servername = serverNameOverride ?? host;
  const to = { host, port: Number(port) };
  const socket: Socket = tls
    ? connectTls({
        ...to,
        ALPNProtocols: ['h2'],
        ...(isIP(servername) === 0 && { servername }),
        ...(serverRootCACertificate && { ca: Buffer.from(serverRootCACertificate) }),
        ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
      })
    : connectPlain(to);
  if (!tls) socket.write(PREFACE); // the one who connects speaks first
  return new Promise<unknown>((resolve) => {
    socket.once('error', resolve);
    socket.once('data', ([first]: Buffer) => resolve(first === TLS_ALERT ? new Error('Closed connection') : undefined));
    socket.once('end', () => resolve(new Error('Closed connection')));
    socket.setTimeout(PROBE_MS, () => resolve(undefined));
  }).finally(() => socket.destroy());
}
