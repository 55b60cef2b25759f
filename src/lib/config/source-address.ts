import { accessSync, constants } from 'node:fs';

/** What is wrong with a database's address, and what to do about it; neither shows any part of it. */
export interface AddressFault {
  readonly found: string;
  readonly action: string;
}

/** A part of the address, undefined where it is not there. */
interface Parts {
  readonly scheme: string;
  readonly credentials: string | undefined;
  readonly hosts: readonly string[];
  readonly query: URLSearchParams;
}

/**
 * Checks an address as strictly as its client's parser, and more: pg's takes a "%" or a space of a password for what it guesses, and
 * a "/" in it for the end of the host. The clients are loaded when capture runs, and so are not asked here.
 *
 * @returns null where it is right
 */
export function postgresAddressFault(text: string): AddressFault | null {
  const parts = partsOf(text);
  if ('found' in parts) return parts;
  const { hosts, query } = parts;
  if (hosts.length > 1) return fault('more than one host', 'Name one: the primary');
  const [host = ''] = hosts;
  if (host === '' && (query.get('host') ?? '') === '') return fault('no host', 'Add it');
  const port = query.get('port');
  if (port !== null && !isPort(port)) return WRONG_PORT;
  const mode = query.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) {
    return fault('an sslmode that is not known', `Set it to one of ${SSL_MODES.join(', ')}`);
  }
  if (mode === 'verify-ca' && query.get('uselibpqcompat') === 'true' && !query.has('sslrootcert')) {
    return fault('sslmode=verify-ca without an sslrootcert', "Add the file of the authority's certificate");
  }
  return unreadable(query, ['sslrootcert', 'sslcert', 'sslkey']);
}

/** The same for MongoDB: https://www.mongodb.com/docs/manual/reference/connection-string/ */
export function mongoAddressFault(text: string): AddressFault | null {
  const parts = partsOf(text);
  if ('found' in parts) return parts;
  const { scheme, credentials, hosts, query } = parts;
  if (credentials !== undefined && credentials.split(':').length > 2) return unescaped('a second ":" before the host');
  if (credentials !== undefined && /[[\]]/.test(credentials)) return unescaped('a "[" or "]" before the host');
  if (hosts.includes('')) return fault('no host', 'Add it');
  if (scheme === 'mongodb+srv') {
    if (hosts.length > 1) return fault('more than one host after mongodb+srv://', 'Name one, or write mongodb://');
    if (hosts.some((host) => PORT.test(host))) return fault('a port after mongodb+srv://', 'Remove it');
  }
  return unreadable(query, ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile']);
}

const PORT = /:([^:\]]*)$/;
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

const fault = (found: string, action: string): AddressFault => ({ found, action });
const unescaped = (found: string): AddressFault =>
  fault(
    found,
    'Write % as %25, / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, [ as %5B, ] as %5D and a space as %20 in user and password',
  );
const WRONG_PORT = fault('a port that is not a number from 1 to 65535', 'Correct it');

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

function partsOf(text: string): Parts | AddressFault {
  const [, scheme = '', authority = '', rest = ''] = /^([a-z+]+):\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  if (/\s/.test(text)) return unescaped('white space');
  if (/%(?![0-9a-f]{2})/i.test(text)) return unescaped('a "%" that begins no escape');
  if (!isDecodable(text)) return unescaped('an escape that is not UTF-8');
  if (text.includes('#')) return unescaped('a "#"');
  const at = authority.lastIndexOf('@');
  if (at < 0 && rest.includes('@')) return unescaped('a "/" or "?" before the host');
  if (at !== authority.indexOf('@')) return unescaped('a second "@"');
  const hosts = authority.slice(at + 1).split(',');
  for (const host of hosts) {
    const port = PORT.exec(host)?.[1];
    if (port !== undefined && !isPort(port)) return WRONG_PORT;
    if (!/^(\[[0-9a-f:.]+\]|[^[\]:]*)$/i.test(host.replace(PORT, '')))
      return fault('a host of another form', 'Correct it');
  }
  const query = rest.indexOf('?');
  return {
    scheme,
    credentials: at < 0 ? undefined : authority.slice(0, at),
    hosts,
    query: new URLSearchParams(query < 0 ? '' : rest.slice(query)),
  };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The clients read these files when they connect. */
function unreadable(query: URLSearchParams, names: readonly string[]): AddressFault | null {
  for (const name of names) {
    const file = query.get(name);
    if (file === null) continue;
    try {
      accessSync(file, constants.R_OK);
    } catch {
      return fault(
        `a file for ${name} that is not there or cannot be read`,
        'Correct its path: it is looked up where this app runs',
      );
    }
  }
  return null;
}
