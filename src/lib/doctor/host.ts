import { PipelineError } from '../errors';
import { type Source } from '../decode/event';
import { formatRecordName, type RecordKind } from '../maintenance/checkpoints/name';
import { type CheckpointBlobs } from '../maintenance/checkpoints/port';
import { forEachOf } from '../parallel';
import { failed, ok, skipped, warning, type Trial } from './check';
import { judgeCheckpoints, judgeOwners, type HostPartition } from './judge-host';
import { type HubViews } from './hub';

const AT_ONCE = 16;

export interface HostTools {
  /** @throws PipelineError CONFIG_INVALID where no host storage is given */
  readonly open: (signal: AbortSignal) => Promise<CheckpointBlobs>;
  readonly views: HubViews;
  readonly hubs: Readonly<Record<Source, string>>;
  /** Fully qualified, without a port. */
  readonly namespace: string;
  readonly group: string;
}

/** Whether the host's storage answers, and what its records say beside the hubs. */
export function hostTrials({ open, views, hubs, namespace, group }: HostTools): Trial[] {
  const base = {
    onTimeout: 'See whether the account that AzureWebJobsStorage names answers from here',
  };
  let partitions: readonly HostPartition[] = [];

  async function look(signal: AbortSignal): Promise<void> {
    const blobs = await open(signal);
    const known = (['postgresql', 'mongodb'] as const).flatMap((source) =>
      (views[source]?.partitions ?? []).map((view) => ({ source, view })),
    );
    const found = new Array<HostPartition>(known.length);
    await forEachOf(known, AT_ONCE, async ({ source, view }, index) => {
      const hub = hubs[source];
      const record = (kind: RecordKind): string =>
        formatRecordName({ kind, namespace, hub, group, partition: view.partition });
      const [checkpoint, ownership] = await Promise.all([
        blobs.look(record('checkpoint')),
        blobs.look(record('ownership')),
      ]);
      found[index] = { hub, view, hubCreatedAt: views[source]?.createdAt ?? 0, checkpoint, ownership };
    });
    partitions = found;
  }

  return [
    {
      ...{ id: 'host-storage', title: "the host's storage (AzureWebJobsStorage)", needs: ['settings'], ...base },
      run: async (signal) => {
        try {
          const blobs = await open(signal);
          for await (const page of blobs.pages()) {
            return page.length > 0
              ? ok('the container azure-webjobs-eventhub can be read')
              : warning(
                  'the container azure-webjobs-eventhub is empty, or not there yet',
                  'Start the app: the host makes it',
                );
          }
          return warning('the container azure-webjobs-eventhub is not there yet', 'Start the app: the host makes it');
        } catch (error) {
          return failed(
            // What the SDK says of a connection string may quote it.
            error instanceof PipelineError ? error.message : 'AzureWebJobsStorage is not a connection string',
            'Check AzureWebJobsStorage: the key, or the role Storage Blob Data Owner of the identity; the host needs queues and tables, too',
          );
        }
      },
    },
    {
      ...{
        id: 'host-checkpoints',
        title: "the host's checkpoints",
        needs: ['host-storage', 'hub-credentials'],
        ...base,
      },
      after: ['hub-postgresql', 'hub-mongodb'],
      run: async (signal) => {
        await look(signal);
        return partitions.length === 0 ? skipped('no hub told its partitions') : judgeCheckpoints(partitions);
      },
    },
    {
      ...{ id: 'host-owners', title: 'a running app', needs: ['host-storage', 'hub-credentials'], ...base },
      after: ['host-checkpoints'],
      run: () =>
        Promise.resolve(partitions.length === 0 ? skipped('no hub told its partitions') : judgeOwners(partitions)),
    },
  ];
}
