import { isNativeError } from 'node:util/types';
import { PipelineError } from '../../errors';
import { type PostgresDatabase } from './database';

/** What failed at the database, by its name, with PostgreSQL's own code and words; these hold no row's values. */
export function sourceFailure(database: PostgresDatabase, tried: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const { code, message } = innermost(error);
  const found = `${code ?? 'no code'}, ${message.split('\n')[0] ?? ''}`;
  return new PipelineError(
    'SOURCE_FAILED',
    `PostgreSQL ${database.name}: could not ${tried}: ${found}. Nothing is lost: the next run goes on from the last position that Event ` +
      `Hubs has accepted. ${adviceFor(database.setting, code ?? '', message)}`,
    { retryable: true, cause: error },
  );
}

/** A host with several addresses fails with several errors, and no message of its own. */
function innermost(error: unknown): { readonly code?: string; readonly message: string } {
  const last: unknown = isNativeError(error) && 'errors' in error ? (error.errors as unknown[]).at(-1) : error;
  return isNativeError(last) ? last : { message: String(last) };
}

/**
 * What mends it. PostgreSQL's codes: https://www.postgresql.org/docs/current/errcodes-appendix.html; of the network and of TLS:
 * https://nodejs.org/api/errors.html#common-system-errors and https://nodejs.org/api/tls.html#x509-certificate-error-codes
 *
 * @param setting that holds the connection string
 */
function adviceFor(setting: string, code: string, message: string): string {
  switch (code) {
    case 'ERR_INVALID_URL':
    case 'ERR_INVALID_ARG_VALUE':
      return `Correct the address in ${setting}.`;
    case 'ENOENT':
    case 'EACCES':
      // Of a Unix socket, too.
      if (message.startsWith('connect')) return adviceFor(setting, 'ECONNREFUSED', '');
      return `Correct the files that sslrootcert, sslcert and sslkey name in ${setting}: they must be there for this app to read.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Check the host in ${setting}, and the DNS of this network: the name cannot be resolved from here.`;
    case 'ECONNREFUSED':
      return `Check that the server runs, that its listen_addresses allow this network, and the host and port in ${setting}.`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return unanswered(setting);
    case 'ECONNRESET':
    case 'EPIPE':
      return BROKEN;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
      return `The server's certificate is of an authority that is not known here: name its file with sslrootcert in ${setting}.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The server's certificate is of another host: use a host in ${setting} that it names, or give the server another certificate.`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return "Renew the server's certificate, or set the clock right.";
    case 'EPROTO':
      return `Server and app agree on no TLS: check ssl_min_protocol_version and ssl_ciphers at the server, sslcert and sslkey in ${setting}.`;
    case '28P01':
      return `Correct the user and the password in ${setting}.`;
    case '28000':
      return (
        `Let pg_hba.conf allow the user in ${setting} from this network, with a line of its own for replication, and give it LOGIN.` +
        // PostgreSQL says so of every connection without TLS, whether or not that is why.
        (message.includes('no encryption')
          ? ' Where its lines are for connections with TLS alone, add sslmode=verify-full to the address.'
          : '')
      );
    case '3D000':
      return `Correct the database's name in ${setting}.`;
    case '57P04':
      return `The database was dropped: correct its name in ${setting}, or remove its entry from CAPTURE_POSTGRES.`;
    case '42501':
      return `The user in ${setting} needs LOGIN REPLICATION, and SELECT on the tables for a snapshot.`;
    case '53300':
      return 'Raise max_connections and max_wal_senders, or end connections that are not needed.';
    case '53400':
      return 'Raise max_replication_slots, or drop slots that are not needed.';
    case '57P01':
    case '57P02':
    case '57P03':
      return 'The server is starting, ending or recovering: if it stays so, see its log; a standby needs hot_standby = on.';
    default:
      return adviceByWords(setting, code, message);
  }
}

/** The client's own errors have no code. */
function adviceByWords(setting: string, code: string, message: string): string {
  if (message.includes('does not support SSL')) {
    return `Set ssl = on at the server, or, where nobody else can read the network, sslmode=disable in ${setting}.`;
  }
  if (message.includes('URI malformed')) return `Correct the address in ${setting}: a % must be written as %25.`;
  if (message.includes('password must be')) return `Add the password to the address in ${setting}.`;
  if (message.includes('timeout')) return unanswered(setting);
  if (message.startsWith('Connection terminated')) return BROKEN;
  if (code.startsWith('ERR_SSL_')) return adviceFor(setting, 'EPROTO', message);
  // Five digits and letters: the server has answered, so it runs.
  if (/^[0-9A-Z]{5}$/.test(code)) return "See the server's log of that time.";
  return `Check that the server runs and can be reached from here, at the address in ${setting}.`;
}

const unanswered = (setting: string): string =>
  `There was no answer: check firewalls and routes between this app and the server, and the host and port in ${setting}.`;

const BROKEN =
  "The connection broke: if it does so each time, see the server's log, and proxies between here and there.";
