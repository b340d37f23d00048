import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector } from 'undici';

/** An address that lies inside the network of this machine, not on the internet. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** Whether an entry of a list of allowed hosts can be one: a name, an address or a range such as `10.1.0.0/16`. */
export const isAllowedHostEntry = (entry: string): boolean => (entry.includes('/') ? ipaddr.isValidCIDR(entry) : /^[\w.:-]+$/.test(entry));

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/** Whether an IP address is one of the internet's: not loopback, private, link-local, shared, multicast, reserved or a way to those (NAT64, 6to4). */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.process(address); // `::ffff:127.0.0.1` is 127.0.0.1
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

/**
 * An HTTP agent that connects to hosts of the internet alone. What counts is the address that it connects to, so that a name that resolves to
 * something else the next time, or is a number in disguise, comes no further.
 * @param allowedHosts names, addresses and ranges that are reached all the same
 * @throws AddressRefused, in place of connecting
 */
export function createPublicAgent(allowedHosts: readonly string[], { silenceMs }: { silenceMs: number }): Agent {
  const ranges = allowedHosts.filter((entry) => isIP(entry) || entry.includes('/')).map(parseRange);
  const names = allowedHosts.map((entry) => entry.toLowerCase());

  function refuse(host: string, address: string): AddressRefused | undefined {
    if (names.includes(host.toLowerCase()) || isPublicAddress(address) || ranges.some((range) => isWithin(address, range)))
      return undefined;
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
      const refused = isIP(host) ? refuse(host, host) : undefined; // an address is not looked up
      if (refused) callback(refused, null);
      else connect(options, callback);
    },
  });
}

const CONNECT_TIMEOUT_MS = 10_000;

type Range = ReturnType<typeof ipaddr.parseCIDR>;
const parseRange = (entry: string): Range =>
  entry.includes('/') ? ipaddr.parseCIDR(entry) : [ipaddr.parse(entry), entry.includes(':') ? 128 : 32];

function isWithin(address: string, [network, bits]: Range): boolean {
  const parsed = ipaddr.process(address);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}
