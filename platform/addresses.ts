import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/** Whether an IP address is one of the internet's: not loopback, private, link-local, shared, multicast, reserved or a way to those (NAT64, 6to4). */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.process(address); // `::ffff:127.0.0.1` is 127.0.0.1
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

/** Whether an entry of a list of hosts can be one: a name, an IP address, or a range such as `10.1.0.0/16`. */
export const isHostEntry = (entry: string): boolean => (entry.includes('/') ? ipaddr.isValidCIDR(entry) : /^[\w.:-]+$/.test(entry));

/** Whether a list of hosts names this one, or has the IP address at which it lies. */
export function listsHost(entries: readonly string[], host: string, address: string): boolean {
  const parsed = ipaddr.process(address);
  return entries.some((entry) => {
    if (entry.toLowerCase() === host.toLowerCase()) return true;
    if (!entry.includes('/')) return isIP(entry) > 0 && ipaddr.process(entry).toString() === parsed.toString();
    const [network, bits] = ipaddr.parseCIDR(entry);
    return network.kind() === parsed.kind() && parsed.match(network, bits);
  });
}
