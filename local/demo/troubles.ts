import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalEventHubs } from '../event-hubs/event-hubs';
import { type Random } from '../events/random';
import { type Captures, type Sources } from './sources';
import { type Fleet } from '../platform/fleet';
import { hold, loseAnswer, status, type Fault, type FaultProxy, type LoggedRequest } from '../storage/faults';

/** What trouble is made for. */
export interface Stage {
  readonly fleet: Fleet;
  readonly captures: Captures;
  readonly sources: Sources;
  /** Between the functions and their lake. */
  readonly proxy: FaultProxy;
  readonly eventHubs: LocalEventHubs;
  readonly random: Random;
  readonly counts: TroubleCounts;
}

/** What was done so far; how the functions took it is told by themselves. */
export interface TroubleCounts {
  kills: number;
  /** Requests that storage carried out and whose answers were lost, and sends whose acknowledgement was. */
  lostAnswers: number;
  /** Times that Event Hubs said that it is busy. */
  throttled: number;
}

/** One kind of trouble; resolves once it is over. The result is what to tell people; null when there was no occasion. */
export type Trouble = (stage: Stage) => Promise<string | null>;

/** How long to wait for a request of the kind that is to be struck. */
const OCCASION_MS = 15_000;

/** In turn; each goes with a part of the events. */
export const TROUBLES: readonly Trouble[] = [
  loseStorageAnswers,
  killAfterSwap,
  throttleHub,
  stealDuringSwap,
  loseAcknowledgements,
  killAnyone,
  refuseStorage,
  stealAnything,
  dropReaders,
  killCapture,
  cutSources,
];

/** The swap is applied, a file is published, a file is staged: and nobody is told. */
async function loseStorageAnswers({ proxy, counts }: Stage): Promise<string | null> {
  const faults = [
    proxy.add({ operation: 'putBlob', path: /^_system\/ledger\//, action: loseAnswer() }),
    proxy.add({ operation: 'rename', action: loseAnswer() }),
    proxy.add({ operation: 'putBlob', path: /^_system\/staging\//, action: loseAnswer() }),
  ];
  await Promise.all(faults.map(struck));
  return afterwards(faults, (hits) => {
    counts.lostAnswers += hits;
    return `storage did its work ${hits} times, and its answers were lost`;
  });
}

/** The worst moment: committed, and not yet visible. */
async function killAfterSwap({ proxy, fleet, counts }: Stage): Promise<string | null> {
  const fault = proxy.add({ operation: 'rename', path: /^(bronze|quarantine)\//, action: hold() });
  const request = await heldBy(fault, proxy);
  const [hub = '', , partition = ''] = request?.source?.split('/').slice(3) ?? [];
  const owner = fleet.ownerOf(hub, partition);
  fault.remove();
  if (request === null || owner === null) {
    fault.release();
    return null;
  }
  await fleet.kill(owner);
  fault.release();
  counts.kills += 1;
  return `instance ${owner} was killed after it had committed a batch of ${hub}/${partition}, before its file was visible`;
}

/** Two owners at once: the old one is about to swap the ledger when another takes the partition and is faster. */
async function stealDuringSwap({ proxy, fleet }: Stage): Promise<string | null> {
  await fleet.ready();
  const fault = proxy.add({ operation: 'putBlob', path: /^_system\/ledger\//, action: hold() });
  const request = await heldBy(fault, proxy);
  try {
    // _system/ledger/{namespace}/{hub}/{incarnation}/{partition}.json
    const [, , , hub = '', , file = ''] = request?.path.split('/') ?? [];
    const partition = file.replace('.json', '');
    const owner = fleet.ownerOf(hub, partition);
    if (request === null || owner === null || fleet.count < 2) return null;
    const thief = (owner + 1) % fleet.count;
    if (!(await fleet.steal(thief, hub, partition))) return null;
    const since = proxy.requests.indexOf(request) + 1;
    const won = await within(OCCASION_MS, () =>
      proxy.requests.slice(since).some(({ path, status }) => path === request.path && status === 201),
    );
    return won
      ? `instance ${thief} took ${hub}/${partition} while instance ${owner} was about to commit; both had the same events`
      : null;
  } finally {
    fault.remove();
    fault.release();
  }
}

/** A partition changes hands without a word to its old owner. */
async function stealAnything({ fleet, eventHubs, random }: Stage): Promise<string | null> {
  await fleet.ready();
  const owned = eventHubs
    .hubs()
    .flatMap(({ name, partitions }) => partitions.map(({ id }) => ({ hub: name, partition: id })))
    .flatMap((of) => ({ ...of, owner: fleet.ownerOf(of.hub, of.partition) }))
    .filter(({ owner }) => owner !== null);
  const victim = owned[random.below(owned.length)];
  if (victim === undefined || victim.owner === null || fleet.count < 2) return null;
  const thief = (victim.owner + 1) % fleet.count;
  if (!(await fleet.steal(thief, victim.hub, victim.partition))) return null;
  return `instance ${thief} took ${victim.hub}/${victim.partition} from instance ${victim.owner}`;
}

async function killAnyone({ fleet, random, counts }: Stage): Promise<string | null> {
  await fleet.ready();
  await sleep(random.next() * 500);
  const instance = random.below(fleet.count);
  await fleet.kill(instance);
  counts.kills += 1;
  return `instance ${instance} was killed`;
}

/** Storage is busy, throttled, and fails, at whatever is asked next. */
async function refuseStorage({ proxy }: Stage): Promise<string | null> {
  const faults = [
    proxy.add({ operation: 'putBlob', times: 2, action: status(503, { retryAfterSeconds: 1 }) }),
    proxy.add({ operation: 'rename', times: 2, action: status(500) }),
    proxy.add({ operation: 'any', skip: 3, action: status(429, { retryAfterSeconds: 1 }) }),
  ];
  await Promise.all(faults.map(struck));
  return afterwards(faults, (hits) => `storage refused ${hits} requests: busy, throttled, failed`);
}

async function throttleHub({ eventHubs, counts }: Stage): Promise<string | null> {
  const fault = eventHubs.faults.add({ kind: 'serverBusy', on: 'send', times: 5 });
  await Promise.race([fault.reached, sleep(OCCASION_MS)]);
  await within(2_000, () => fault.hits === 5);
  fault.remove();
  counts.throttled += fault.hits;
  return fault.hits === 0 ? null : `Event Hubs was busy ${fault.hits} times`;
}

/** The sender cannot know that its events are in the hub: it sends them again, and they are other events. */
async function loseAcknowledgements({ eventHubs, counts }: Stage): Promise<string | null> {
  const fault = eventHubs.faults.add({ kind: 'loseAcknowledgement', on: 'send', times: 2 });
  await Promise.race([fault.reached, sleep(OCCASION_MS)]);
  await within(2_000, () => fault.hits === 2);
  fault.remove();
  counts.lostAnswers += fault.hits;
  return fault.hits === 0 ? null : `Event Hubs stored ${fault.hits} batches, and the sender was not told`;
}

async function dropReaders({ eventHubs }: Stage): Promise<string | null> {
  eventHubs.faults.dropLinks({ direction: 'receive' });
  await sleep(200);
  eventHubs.faults.cutConnections();
  return 'Event Hubs dropped every reader, then every connection';
}

/** What was sent and not yet written down comes again, and is to be recognised. */
async function killCapture({ captures, counts, random }: Stage): Promise<string | null> {
  await sleep(random.next() * 500);
  captures.postgres.kill();
  captures.mongodb.kill();
  counts.kills += 2;
  return 'both processes that capture were killed';
}

/** In the middle of whatever is being read. */
async function cutSources({ sources: { shops } }: Stage): Promise<string | null> {
  let ended = 0;
  for (const { sql, databases } of shops) {
    const { rowCount } = await sql.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'change-lake %'",
    );
    ended += rowCount ?? 0;
    databases.mongodb.faults.cutConnections();
  }
  return `PostgreSQL ended ${ended} connections of capture, MongoDB all that it had`;
}

/** The request that `fault` holds; null when there was no occasion. */
async function heldBy(fault: Fault, proxy: FaultProxy): Promise<LoggedRequest | null> {
  await struck(fault);
  return fault.hits === 0 ? null : (proxy.requests.findLast(({ fault: kind }) => kind === 'hold') ?? null);
}

async function struck(fault: Fault): Promise<void> {
  const patience = new AbortController();
  const { signal } = patience;
  await Promise.race([fault.reached, sleep(OCCASION_MS, undefined, { signal }).catch(() => undefined)]);
  patience.abort();
}

function afterwards(faults: readonly Fault[], told: (hits: number) => string): string | null {
  for (const fault of faults) fault.remove();
  const hits = faults.reduce((total, fault) => total + fault.hits, 0);
  return hits === 0 ? null : told(hits);
}

/** Whether `isSo` comes true in time. */
async function within(ms: number, isSo: () => boolean): Promise<boolean> {
  const until = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > until) return false;
    await sleep(20);
  }
  return true;
}
