import { PipelineError } from '../errors';

/** Where a request to Event Hubs went. */
export interface HubPlace {
  readonly namespace: string;
  readonly hub: string;
  readonly timeoutMs: number;
}

interface Diagnosis {
  readonly found: string;
  readonly action: string;
  readonly retryable: boolean;
}

/** What the SDK threw, null for what must not be shown, as an EVENT_HUBS_FAILED that names the place, what was found and what to do. */
export function hubError(thrown: unknown, place: HubPlace): PipelineError {
  const { found, action, retryable } = diagnose(innermost(thrown), place);
  const message = `Event Hubs namespace ${place.namespace}, hub ${place.hub}: found ${found}; expected the hub's properties. ${action}.`;
  return new PipelineError('EVENT_HUBS_FAILED', message, { retryable, cause: thrown ?? undefined });
}

/** The same for a batch of events that was to be sent. */
export function sendError(thrown: unknown, place: HubPlace): PipelineError {
  const { found, action, retryable } = diagnose(innermost(thrown), place);
  const message = `Event Hubs namespace ${place.namespace}, hub ${place.hub}: found ${found}; expected that it takes events. ${action.replace('Data Receiver, or check the key', 'Data Sender; a key needs a policy with the right Send')}.`;
  return new PipelineError('EVENT_HUBS_FAILED', message, { retryable, cause: thrown ?? undefined });
}

/** After several tries the SDK throws an AggregateError without a message of its own. */
function innermost(thrown: unknown): { readonly name?: string; readonly code?: string; readonly retryable?: boolean } {
  const last: unknown = thrown instanceof AggregateError ? thrown.errors.at(-1) : thrown;
  return typeof last === 'object' && last !== null ? last : {};
}

function diagnose(error: ReturnType<typeof innermost>, place: HubPlace): Diagnosis {
  switch (error.code ?? error.name ?? '') {
    case 'MessagingEntityNotFoundError':
      return {
        found: 'no such hub',
        action: 'Make it, or correct POSTGRES_EVENTHUB_NAME and MONGODB_EVENTHUB_NAME',
        retryable: false,
      };
    case 'UnauthorizedError':
    case 'CredentialUnavailableError':
    case 'AuthenticationError':
    case 'AuthenticationRequiredError':
      return {
        found: 'that access is refused',
        action:
          'EVENTHUB_CONNECTION_STRING: give the identity the role Azure Event Hubs Data Receiver, or check the key',
        retryable: false,
      };
    case 'AbortError':
    case 'OperationTimeoutError':
    case 'ServiceUnavailableError':
    case 'ETIMEDOUT':
      return {
        found: `no answer within ${place.timeoutMs / 1000} s`,
        action: 'EVENTHUB_CONNECTION_STRING: check the namespace, its firewall and the network between',
        retryable: true,
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return {
        found: `no connection (${error.code ?? ''})`,
        action:
          'EVENTHUB_CONNECTION_STRING: check that the namespace exists under this name and can be reached from here',
        retryable: true,
      };
    default:
      return {
        found: error.code ?? error.name ?? 'an unknown failure',
        action: "See the cause; the service's own status may tell more",
        retryable: error.retryable ?? true,
      };
  }
}
