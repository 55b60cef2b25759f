import { type EventHubsAccess, type StorageAccess } from '../config/config';

/** Where something listens. */
export interface Endpoint {
  /** In words: `Event Hubs namespace`, `blob endpoint` */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

const AMQP_PORT = 5672;
const AMQPS_PORT = 5671;

/** The emulator speaks AMQP without TLS. */
export function namespaceEndpoint(access: EventHubsAccess): Endpoint {
  const what = 'Event Hubs namespace';
  if (access.kind === 'identity') {
    return { what, ...hostAndPort(access.fullyQualifiedNamespace, AMQPS_PORT), tls: true };
  }
  const text = access.connectionString.reveal();
  const tls = !/(^|;)\s*UseDevelopmentEmulator\s*=\s*true/.test(text);
  const authority = /(?:^|;)\s*Endpoint\s*=\s*sb:\/\/([^/;]+)/.exec(text)?.[1] ?? '';
  return { what, ...hostAndPort(authority, tls ? AMQPS_PORT : AMQP_PORT), tls };
}

/** The blob endpoint of the lake's account and its Data Lake endpoint; with an address of another form both are one. */
export function storageEndpoints(access: StorageAccess): readonly [blob: Endpoint, dfs: Endpoint] {
  const [blob, dfs] = access.kind === 'identity' ? [access.blobEndpoint, access.dfsEndpoint] : addressesIn(access);
  return [endpointOf('blob endpoint', blob), endpointOf('Data Lake endpoint', dfs)];
}

function addressesIn(access: Extract<StorageAccess, { kind: 'connectionString' }>): readonly [string, string] {
  const text = access.connectionString.reveal();
  if (text.startsWith('UseDevelopmentStorage=true')) return ['http://127.0.0.1:10000', 'http://127.0.0.1:10000'];
  const part = (name: string): string | undefined => new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]+)`).exec(text)?.[1];
  const account = `${part('DefaultEndpointsProtocol') ?? 'https'}://${part('AccountName') ?? ''}.blob.${part('EndpointSuffix') ?? ''}`;
  const blob = part('BlobEndpoint') ?? account;
  return [blob, part('DfsEndpoint') ?? blob.replace('.blob.', '.dfs.')];
}

function endpointOf(what: string, address: string): Endpoint {
  const { hostname, port, protocol } = new URL(address);
  const tls = protocol === 'https:';
  return { what, host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (tls ? 443 : 80) : Number(port), tls };
}

/**
 * The servers that a database's address names: `host[:port],host[:port]`, user and password before an `@`. `srv` asks the
 * name service for them.
 */
export function databaseEndpoints(
  what: string,
  connectionString: string,
): { readonly srv: string | null; readonly endpoints: readonly Endpoint[] } {
  const [, scheme = '', authority = ''] = /^([a-z+]+):\/\/([^/?#]*)/i.exec(connectionString) ?? [];
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  if (scheme === 'mongodb+srv') return { srv: hosts, endpoints: [] };
  const port = scheme.startsWith('postgres') ? 5432 : 27017;
  const named = hosts.split(',').filter((host) => host !== '');
  return { srv: null, endpoints: named.map((host) => ({ what, ...hostAndPort(host, port), tls: false })) };
}

function hostAndPort(authority: string, otherwise: number): { readonly host: string; readonly port: number } {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(authority) ?? [];
  return { host: bracketed ?? plain, port: port === undefined ? otherwise : Number(port) };
}
