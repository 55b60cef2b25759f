import { type TelemetryClient } from 'applicationinsights';
import { type TrackAnswer } from './track-answer';

export type ClientOptions = NonNullable<TelemetryClient['config']['azureMonitorOpenTelemetryOptions']>;
type ExporterOptions = NonNullable<ClientOptions['azureMonitorExporterOptions']>;
export type AdditionalPolicy = NonNullable<ExporterOptions['additionalPolicies']>[number];

/** What went over the wire in one attempt. */
export interface Sent {
  readonly answer: TrackAnswer;
  /** The items, as they were sent; empty when they never were. */
  readonly body: string;
}

/**
 * Watches the package's requests from inside its own pipeline: it tells nobody what became of what it sent. Also gives each request its
 * time-out and an end when the process ends.
 */
export class TrackPolicy {
  readonly #requestMs: number;
  readonly #insecureOrigin: string | null;
  #signal: AbortSignal = AbortSignal.abort();
  #sent: Sent = UNSENT;

  /** @param connectionString whose endpoint may be `http:` on this machine, and nowhere else: the package makes `https:` of all */
  constructor(connectionString: string, requestMs: number) {
    this.#requestMs = requestMs;
    this.#insecureOrigin = insecureOriginOf(connectionString);
  }

  /** What `flush` sends, one request at most. Attempts follow each other. */
  async during(signal: AbortSignal, flush: () => Promise<void>): Promise<Sent> {
    this.#signal = signal;
    this.#sent = UNSENT;
    await flush();
    return this.#sent;
  }

  /** Behind the retries, of which there are none, and behind signing in: what gets here goes out. */
  get policy(): AdditionalPolicy {
    return {
      position: 'perRetry',
      policy: {
        name: 'changeLakeTrack',
        sendRequest: async (request, next) => {
          const body = typeof request.body === 'string' ? request.body : '';
          if (this.#insecureOrigin !== null) {
            request.url = this.#insecureOrigin + new URL(request.url).pathname;
            request.allowInsecureConnection = true;
          }
          // The pipeline's own time-out leaves a timer behind where a request fails.
          request.abortSignal = AbortSignal.any([this.#signal, AbortSignal.timeout(this.#requestMs)]);
          try {
            const response = await next(request);
            this.#sent = {
              answer: {
                kind: 'answered',
                status: response.status,
                body: response.bodyAsText ?? '',
                retryAfter: response.headers.get('retry-after') ?? null,
              },
              body,
            };
            return response;
          } catch (error) {
            this.#sent = { answer: { kind: 'broken', code: codeOf(error) }, body };
            throw error;
          }
        },
      },
    };
  }
}

const UNSENT: Sent = { answer: { kind: 'unsent' }, body: '' };

function codeOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : String(name);
}

/** The origin of an endpoint that is `http:` on this machine; null for any other. */
function insecureOriginOf(connectionString: string): string | null {
  const endpoint = /(?:^|;)\s*IngestionEndpoint\s*=\s*([^;]+)/i.exec(connectionString)?.[1]?.trim();
  if (endpoint === undefined || !URL.canParse(endpoint)) return null;
  const { protocol, hostname, origin } = new URL(endpoint);
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? origin : null;
}
