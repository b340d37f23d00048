import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { isPublicAddress, listsHost } from './addresses.ts';

/** An address that lies in the network of this machine, not on the internet. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * An HTTP agent that connects to hosts of the internet alone. What counts is the address that it connects to, so that a name that resolves to
 * something else the next time, or is a number in disguise, comes no further. In place of connecting it throws AddressRefused.
 * @param allowedHosts names, IP addresses and ranges that are reached all the same
 * @param silenceMs how long a server may say nothing
 */
export function createPublicAgent(allowedHosts: readonly string[], silenceMs: number): Agent {
  function refuse(host: string, address: string): AddressRefused | undefined {
    if (isPublicAddress(address) || listsHost(allowedHosts, host, address)) return undefined;
    return new AddressRefused(host === address ? `${host} is no public address` : `${host} lies at ${address}, which is no public address`);
  }

  const lookup: LookupFunction = (host, options, callback) =>
    resolve(host, { ...options, all: true }, (error, found) => {
      const refused = error ?? found.map(({ address }) => refuse(host, address)).find(Boolean);
      if (refused) return callback(refused, []);
      if (options.all === true) return callback(null, found);
      callback(null, found[0]!.address, found[0]!.family);
    });
  const connect = buildConnector({ lookup, timeout: CONNECT_TIMEOUT_MS });
  return new Agent({
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[|\]$/g, '');
      const refused = isIP(host) ? refuse(host, host) : undefined; // an IP address is not looked up
      if (refused) callback(refused, null);
      else connect(options, callback);
    },
  });
}
