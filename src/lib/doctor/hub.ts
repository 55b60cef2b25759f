import { type Clock } from '../clock';
import { type Config } from '../config/config';
import { type Source } from '../decode/event';
import { type Namespace } from '../maintenance/checkpoints/port';
import { failed, skipped, type Trial } from './check';
import { judgeGroup, judgeHub, judgeHubCredentials, judgeRetention, judgeSend, type HubPlace } from './judge-hub';
import { type Answer, type HubProbe, type HubView } from './port';

const SETTINGS: Readonly<Record<Source, string>> = {
  postgresql: 'POSTGRES_EVENTHUB_NAME',
  mongodb: 'MONGODB_EVENTHUB_NAME',
};

export interface HubTools {
  readonly probe: HubProbe;
  /** Asks for groups without sending the host's readers away. */
  readonly groups: Namespace;
  readonly clock: Clock;
}

/** What became known of the hubs; for checks that come later. */
export type HubViews = Readonly<Record<Source, HubView | null>>;

/** Whether the namespace lets us in, and has the hubs and the groups that the app reads. */
export function hubTrials(
  { probe, groups, clock }: HubTools,
  config: Pick<Config, 'hubs' | 'consumerGroup' | 'maintenance' | 'retentionDays' | 'capture'>,
): { readonly trials: Trial[]; readonly views: HubViews } {
  const unknown: Answer<HubView> = { refusal: { status: null, code: 'not asked' } };
  const answers: Record<Source, Answer<HubView>> = { postgresql: unknown, mongodb: unknown };
  const views: Record<Source, HubView | null> = { postgresql: null, mongodb: null };
  const sources = ['postgresql', 'mongodb'] as const;
  const placeOf = (source: Source): HubPlace => ({
    ...{ namespace: probe.namespace, byIdentity: probe.byIdentity },
    ...{ hub: config.hubs[source], setting: SETTINGS[source] },
  });
  const base = {
    onTimeout: `See whether the namespace ${probe.namespace} answers from here: its firewall, and the network between`,
  };

  const credentials: Trial = {
    ...{ id: 'hub-credentials', title: 'access to the Event Hubs namespace', needs: ['reach-event-hubs'], ...base },
    run: async (signal) => {
      const asked = sources.map(async (source) => {
        const answer = await probe.describe(config.hubs[source], signal);
        answers[source] = answer;
        views[source] = 'value' in answer ? answer.value : null;
        return { place: placeOf(source), answer };
      });
      return judgeHubCredentials(await Promise.all(asked));
    },
  };

  const ofHub = (source: Source): Trial[] => {
    const hub = config.hubs[source];
    const place = placeOf(source);
    /** One with events, so that there is something to read. */
    const partition = (): string => {
      const partitions = views[source]?.partitions ?? [];
      return (partitions.find(({ isEmpty }) => !isEmpty) ?? partitions[0])?.partition ?? '0';
    };
    const group = (id: string, title: string, name: string, setting: string): Trial => ({
      ...{ id: `${id}-${source}`, title: `${title} of ${hub}`, needs: [`hub-${source}`], ...base },
      run: async () => judgeGroup(await groups.group(hub, name, partition()), name, setting, place),
    });
    const isCaptured = config.capture[source].length > 0;
    return [
      {
        ...{ id: `hub-${source}`, title: `the hub ${hub}`, needs: ['hub-credentials'], ...base },
        run: () => Promise.resolve(judgeHub(answers[source], place)),
      },
      group('group', 'the consumer group', config.consumerGroup, 'EVENTHUB_CONSUMER_GROUP'),
      group('repair-group', 'the repair group', config.maintenance.repairGroup, 'EVENTHUB_REPAIR_CONSUMER_GROUP'),
      {
        ...{ id: `retention-${source}`, title: `the retention of ${hub}`, needs: [`repair-group-${source}`], ...base },
        run: async (signal) => {
          const view = views[source]?.partitions.find((each) => each.partition === partition());
          const isEmpty = view === undefined || view.isEmpty;
          const oldest = isEmpty
            ? null
            : await probe.oldestAt(hub, config.maintenance.repairGroup, view.partition, signal);
          if (oldest !== null && 'refusal' in oldest) {
            return failed(`the oldest event could not be read: ${oldest.refusal.code}`, base.onTimeout);
          }
          return judgeRetention(oldest?.value ?? null, clock.now(), config.retentionDays, hub);
        },
      },
      {
        ...{ id: `send-${source}`, title: `sending to ${hub}`, needs: [`hub-${source}`], ...base },
        run: async (signal) =>
          isCaptured
            ? judgeSend(await probe.openSender(hub, signal), place)
            : skipped(`nothing is captured here: the app does not send to ${hub}`),
      },
    ];
  };
  return { trials: [credentials, ...sources.flatMap(ofHub)], views };
}
