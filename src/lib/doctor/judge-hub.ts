import { type Presence } from '../maintenance/checkpoints/port';
import { DAY_MS } from '../time';
import { failed, ok, warning, type Finding } from './check';
import { type Answer, type HubView, type Refusal } from './port';

/** What the messages name. */
export interface HubPlace {
  readonly namespace: string;
  readonly byIdentity: boolean;
  readonly hub: string;
  /** The setting that names the hub. */
  readonly setting: string;
}

const NOT_FOUND = 'MessagingEntityNotFoundError';
const REFUSED = new Set([
  'UnauthorizedError',
  'CredentialUnavailableError',
  'AuthenticationError',
  'AuthenticationRequiredError',
]);

export const isNoSuchHub = (answer: Answer<unknown>): boolean =>
  'refusal' in answer && answer.refusal.code === NOT_FOUND;

const short = (namespace: string): string => namespace.replace(/[.:].*$/, '');

function adviceFor(
  { code }: Refusal,
  { namespace, byIdentity, hub, setting }: HubPlace,
  role: 'Receiver' | 'Sender',
): string {
  if (code === NOT_FOUND) {
    return `Create it: az eventhubs eventhub create --namespace-name ${short(namespace)} -n ${hub}; or correct ${setting}`;
  }
  if (REFUSED.has(code)) {
    return byIdentity
      ? `Give the identity the role Azure Event Hubs Data ${role} on the namespace ${short(namespace)} (az role assignment create); a new role takes some minutes`
      : `Check the key in EVENTHUB_CONNECTION_STRING (az eventhubs namespace authorization-rule keys list), that its policy has ${role === 'Sender' ? 'Send' : 'Listen'}, and that keys are allowed (disableLocalAuth)`;
  }
  if (code === 'QuotaExceededError')
    return `A limit of the namespace ${short(namespace)} is reached (connections, readers of a group): see its quotas`;
  if (code === 'ServerBusyError')
    return `The namespace ${short(namespace)} is throttled: give it more throughput units`;
  return `See whether the namespace ${namespace} answers from here: its firewall, and the network between`;
}

const refused = (what: string, refusal: Refusal, place: HubPlace, role: 'Receiver' | 'Sender' = 'Receiver'): Finding =>
  failed(`${what}: ${refusal.code === NOT_FOUND ? 'there is none' : refusal.code}`, adviceFor(refusal, place, role));

/** Whether the namespace lets us in: that a hub is not there, it tells only to those it has let in. */
export function judgeHubCredentials(
  answers: readonly { readonly place: HubPlace; readonly answer: Answer<HubView> }[],
): Finding {
  const letIn = answers.some(({ answer }) => 'value' in answer || isNoSuchHub(answer));
  const [first] = answers;
  if (first === undefined || letIn)
    return ok(
      `the namespace ${first?.place.namespace ?? ''} takes the ${first?.place.byIdentity === true ? "identity's token" : 'key'}`,
    );
  return 'refusal' in first.answer
    ? refused(`the namespace ${first.place.namespace}`, first.answer.refusal, first.place)
    : ok('it answers');
}

export function judgeHub(answer: Answer<HubView>, place: HubPlace): Finding {
  const what = `the hub ${place.hub}`;
  if ('refusal' in answer) return refused(what, answer.refusal, place);
  const { createdAt, partitions } = answer.value;
  const events = partitions.filter(({ isEmpty }) => !isEmpty).length;
  const count = partitions.length === 1 ? '1 partition' : `${partitions.length} partitions`;
  return ok(`${what} has ${count}, ${events} of them with events, and was made ${new Date(createdAt).toISOString()}`);
}

/** @param setting the one that names the group */
export function judgeGroup(presence: Presence, group: string, setting: string, place: HubPlace): Finding {
  const what = `the consumer group ${group} of ${place.hub}`;
  switch (presence.answer) {
    case 'there':
      return ok(`${what} can be read`);
    case 'gone':
      return failed(
        `${what} does not exist`,
        `Create it: az eventhubs eventhub consumer-group create --namespace-name ${short(place.namespace)} --eventhub-name ${place.hub} -n ${group}; or correct ${setting}`,
      );
    case 'unknown':
      return failed(
        `${what} could not be read: ${presence.why}`,
        `See what is told; reading takes ${place.byIdentity ? 'the role Azure Event Hubs Data Receiver' : "the policy's right Listen"}`,
      );
    default:
      return presence satisfies never;
  }
}

export function judgeSend(answer: Answer<null>, place: HubPlace): Finding {
  return 'refusal' in answer
    ? refused(`sending to ${place.hub}`, answer.refusal, place, 'Sender')
    : ok(`a sender to ${place.hub} was let in; nothing was sent`);
}

/** Hubs delete what has expired in pieces: so much may be older than it should be. */
const SLACK_MS = DAY_MS;

/**
 * The namespace tells a hub's retention to managers only. An event that is older than the setting shows that it is longer.
 *
 * @param oldestAt null where the hub holds no event that could be read
 */
export function judgeRetention(oldestAt: number | null, now: number, retentionDays: number, hub: string): Finding {
  const said = `EVENTHUB_RETENTION_DAYS says ${retentionDays}`;
  if (oldestAt === null) return ok(`${hub} holds no event that could tell; ${said}`);
  const days = (now - oldestAt) / DAY_MS;
  const found = `the oldest event of ${hub} is ${days.toFixed(1)} days old; ${said}`;
  if (now - oldestAt <= retentionDays * DAY_MS + SLACK_MS) return ok(found);
  return warning(
    found,
    "Set EVENTHUB_RETENTION_DAYS to the hub's retention: a partition that has lost its ledger would look too few days back",
  );
}
