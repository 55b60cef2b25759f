import { BlockList, isIP } from 'node:net';
import { failed, ok, warning, type Finding } from './check';
import { type Endpoint } from './endpoints';
import { type Reached, type Resolved } from './reach';

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');

/** Whether an address is inside a network of one's own, as a private endpoint's is. */
export const isPrivate = (address: string): boolean => PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** The private zone that a name of Azure's must be resolved by where a private endpoint is to be used. */
const zoneOf = (host: string): string => `privatelink${host.slice(host.indexOf('.'))}`;

/** What the names of one service resolve to. */
export function judgeNames(
  names: readonly { readonly endpoint: Endpoint; readonly resolved: Resolved }[],
  setting: string,
): Finding {
  const told = names.map(({ endpoint: { what, host }, resolved }) => {
    if ('code' in resolved) return `${what} ${host}: no address (${resolved.code})`;
    const side = resolved.addresses.every(isPrivate) ? 'private' : 'public';
    return `${what} ${host}: ${resolved.addresses.join(', ')} (${side})`;
  });
  const found = told.join('; ');
  const missing = names.find(({ resolved }) => 'code' in resolved);
  if (missing !== undefined) {
    return failed(
      found,
      `Check the name in ${setting}, and that it exists. Behind a private endpoint this network needs the private DNS zone ${zoneOf(missing.endpoint.host)}`,
    );
  }
  const sides = new Set(names.map(({ resolved }) => 'addresses' in resolved && resolved.addresses.every(isPrivate)));
  if (sides.size > 1) {
    const open = names.find(({ resolved }) => 'addresses' in resolved && !resolved.addresses.every(isPrivate));
    return warning(
      found,
      `One goes through a private endpoint and the other does not: give the ${open?.endpoint.what ?? 'other'} a private endpoint and link the zone ${zoneOf(open?.endpoint.host ?? '')} to this network`,
    );
  }
  return ok(found);
}

/** Whether connections open. */
export function judgeReach(
  tried: readonly { readonly endpoint: Endpoint; readonly reached: Reached }[],
  allow: string,
): Finding {
  const found = tried
    .map(({ endpoint: { what, host, port, tls }, reached }) => {
      const where = `${what} ${host}:${port}`;
      if (reached === 'connected') return `${where} connects${tls ? ', with TLS' : ''}`;
      return `${where}: ${reached.step === 'tls' ? 'connects, but TLS fails' : 'no connection'} (${reached.code})`;
    })
    .join('; ');
  const broken = tried.find(({ reached }) => reached !== 'connected');
  if (broken === undefined || broken.reached === 'connected') return ok(found);
  const { host, port } = broken.endpoint;
  return failed(
    found,
    broken.reached.step === 'tls'
      ? `Something between breaks TLS of ${host}: a proxy that inspects it must leave it alone, or its certificate authority be trusted (NODE_EXTRA_CA_CERTS)`
      : `Let this machine reach ${host} at TCP port ${port}: ${allow}`,
  );
}
