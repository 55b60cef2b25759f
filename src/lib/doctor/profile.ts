import { type Config } from '../config/config';
import { type Ledger } from '../ledger/ledger';
import { skipped, warning, type Trial } from './check';
import { type HubViews } from './hub';
import { readHostJson } from './host-json';
import { judgeHostJson, judgeMemory } from './judge-profile';

/** Of an instance of Flex Consumption, unless it is told. */
const INSTANCE_MB = 2_048;
const NO_FILE = 'there is no host.json in this folder: run it where the app lies';

export interface ProfileTools {
  readonly env: NodeJS.ProcessEnv;
  /** The text of host.json; null where there is none. */
  readonly hostJson: string | null;
  readonly config: Pick<Config, 'attemptMs' | 'memoryBudgetBytes'>;
  readonly views: HubViews;
  readonly ledgers: () => readonly Ledger[];
}

/** Whether host.json fits the commit protocol, and its batches an instance's memory. */
export function profileTrials({ env, hostJson, config, views, ledgers }: ProfileTools): Trial[] {
  const host = hostJson === null ? null : readHostJson(hostJson, env);
  const base = { onTimeout: 'This is not foreseen: nothing is asked' };
  const broken = warning('host.json is not JSON', 'Correct it: the host does not start with it');
  return [
    {
      ...{ id: 'host-json', title: 'host.json', needs: ['settings'], ...base },
      run: () =>
        Promise.resolve(
          hostJson === null
            ? skipped(NO_FILE)
            : host === null
              ? { ...broken, outcome: 'failed' as const }
              : judgeHostJson(host, config.attemptMs),
        ),
    },
    {
      ...{ id: 'memory', title: "batches and an instance's memory", needs: ['host-json'], ...base },
      after: ['hub-postgresql', 'hub-mongodb', 'ledgers'],
      run: () => {
        const partitions = [views.postgresql, views.mongodb].reduce(
          (sum, view) => sum + (view?.partitions.length ?? 0),
          0,
        );
        if (host === null) return Promise.resolve(skipped(NO_FILE));
        if (partitions === 0) return Promise.resolve(skipped('no hub told its partitions'));
        const told = Number(env['WEBSITE_MEMORY_LIMIT_MB'] ?? Number.NaN);
        const instanceMb = told > 0 ? told : INSTANCE_MB;
        const use = {
          host,
          partitions,
          budgetBytes: config.memoryBudgetBytes,
          meanEventBytes: meanOf(ledgers()),
          instanceMb,
        };
        return Promise.resolve(judgeMemory(use));
      },
    },
  ];
}

/** Lines are a little larger than events: a little too careful. */
function meanOf(ledgers: readonly Ledger[]): number | null {
  const events = ledgers.reduce((sum, { counters }) => sum + counters.events, 0);
  const bytes = ledgers.reduce((sum, { counters }) => sum + counters.bytes, 0);
  return events === 0 ? null : bytes / events;
}
