/**
 * What mends a failure that another attempt may not meet. The driver tells of the network and of TLS by Node's and OpenSSL's words, inside
 * those of its own.
 *
 * @param setting that holds the connection string
 * @param found the error's words
 */
export function adviceFor(setting: string, isUnauthenticated: boolean, found: string): string {
  if (isUnauthenticated) return `Check the user, the password and authSource in ${setting}.`;
  return (
    ADVICE.find(([words]) => words.test(found))?.[1](setting) ??
    `Check that the deployment has a primary and can be reached from here, at the hosts in ${setting}.`
  );
}

/** The first that fits. */
const ADVICE: readonly (readonly [RegExp, (setting: string) => string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN|querySrv|ENODATA/,
    (setting) => `Check the hosts in ${setting}, and the DNS of this network: a name cannot be resolved from here.`,
  ],
  [
    /self.signed certificate|unable to (get|verify)|UNABLE_TO_/i,
    (setting) =>
      `The server's certificate is of an authority that is not known here: name its file with tlsCAFile in ${setting}.`,
  ],
  [
    /altnames|ALTNAME/,
    (setting) =>
      `The server's certificate is of another host: use hosts in ${setting} that it names, or give the server another one.`,
  ],
  [/certificate (has expired|is not yet valid)/i, () => "Renew the server's certificate, or set the clock right."],
  [
    /wrong version number|packet length too long|record layer/i,
    (setting) => `The server does not speak TLS there: set it up at the server, or leave tls out of ${setting}.`,
  ],
  [
    /SSL|TLS|EPROTO|certificate/,
    (setting) => `Server and app agree on no TLS: check tls and the files it names in ${setting}.`,
  ],
  [
    /ECONNREFUSED/,
    (setting) =>
      `Check that the servers run, that their bindIp allows this network, and the hosts and ports in ${setting}.`,
  ],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed out after/,
    (setting) =>
      `There was no answer in time: check that there is a primary, firewalls and routes between this app and it, and the hosts in ${setting}.`,
  ],
  [
    /ECONNRESET|EPIPE|connection .* closed/,
    (setting) =>
      `The connection broke: if it does so each time, the server may demand TLS (tls=true in ${setting}); see its log.`,
  ],
];
