import { failed, skipped, warning, type Finding, type Trial } from './check';
import {
  judgeClock,
  judgeCondition,
  judgeCredentials,
  judgeFileSystem,
  judgeHierarchy,
  judgeLatency,
  judgeReaders,
  judgeRequest,
  type Timed,
} from './judge-storage';
import { probeFile, probeFolder, probeRenamed, probeSubfolder, WRITTEN_FOLDERS } from './names';
import { type Answer, type FileSystemFacts, type LakeProbe } from './port';
import { type Clock } from '../clock';

const TIMED_REQUESTS = 20;

export interface LakeTools {
  readonly probe: LakeProbe;
  readonly clock: Clock;
  /** Of this run: letters, digits and hyphens. */
  readonly id: string;
}

/** Whether the account lets us in, and each request that the app makes of it, by itself. */
export function lakeTrials({ probe, clock, id }: LakeTools): Trial[] {
  const onTimeout = `See whether the account ${probe.account} answers from here`;
  const trial = (
    name: string,
    title: string,
    needs: string,
    run: Trial['run'],
    after: readonly string[] = [],
  ): Trial => ({
    ...{ id: name, title, needs: [needs], after, onTimeout, run },
  });
  const [file, renamed] = [probeFile(id), probeRenamed(id)];
  let seen: Answer<FileSystemFacts> = { refusal: { status: null, code: 'not asked' } };
  let offsetMs: number | null = null;
  let etag = '';
  const kept = <T extends { readonly etag: string }>(answer: Answer<T>): Answer<T> => {
    if ('value' in answer) etag = answer.value.etag;
    return answer;
  };
  const judged = (action: string, answer: Answer<unknown>): Finding => judgeRequest(action, answer, probe);

  return [
    trial('lake-credentials', "access to the lake's account", 'reach-storage', async (signal) => {
      const token = await probe.token(signal);
      const before = clock.now();
      if ('value' in token) seen = await probe.lookAtFileSystem(signal);
      const middle = (before + clock.now()) / 2;
      // The header is cut to the second: half of one is the best guess of the rest.
      const serviceAt = 'value' in seen ? seen.value.serviceAt : (seen.refusal.serviceAt ?? null);
      if (serviceAt !== null) offsetMs = middle - (serviceAt + 500);
      return judgeCredentials(token, seen, probe);
    }),
    trial('lake-file-system', 'the file system', 'lake-credentials', () =>
      Promise.resolve(judgeFileSystem(seen, probe)),
    ),
    trial('lake-hierarchy', 'the hierarchical namespace', 'lake-credentials', async (signal) =>
      judgeHierarchy(await probe.isHierarchical(signal), probe),
    ),
    trial(
      'clock',
      "this machine's clock",
      'reach-storage',
      () => Promise.resolve(offsetMs === null ? skipped('the account told no time') : judgeClock(offsetMs)),
      ['lake-credentials'],
    ),
    trial('lake-put', 'put a file (stage)', 'lake-file-system', async (signal) =>
      judged(`put ${file}`, kept(await probe.put(file, 'one', signal))),
    ),
    trial('lake-swap', 'replace a file with If-Match (commit)', 'lake-put', async (signal) => {
      const old = etag;
      const swapped = judged(`replace ${file}`, kept(await probe.swap(file, 'two', old, signal)));
      if (swapped.outcome !== 'ok') return swapped;
      const second = judgeCondition(
        'a second replacement by the old version',
        await probe.swap(file, 'three', old, signal),
        probe,
      );
      return second.outcome === 'ok' ? swapped : second;
    }),
    trial('lake-rename', 'rename into another folder with If-None-Match (publish)', 'lake-swap', async (signal) => {
      const folder = judged('make a folder', await probe.makeFolder(`${probeFolder(id)}/there`, signal));
      if (folder.outcome !== 'ok') return folder;
      return judged(`rename ${file} to ${renamed}`, await probe.rename(file, renamed, signal));
    }),
    trial('lake-list', 'list a folder', 'lake-rename', async (signal) => {
      const names = await probe.list(probeFolder(id), signal);
      const found = judged('list what was made', names);
      if ('refusal' in names || names.value.includes(renamed)) return found;
      return failed(
        'the listing lacks the file that was just renamed',
        'See whether another endpoint or a cache answers',
      );
    }),
    trial('lake-read', 'read a file', 'lake-rename', async (signal) => {
      const read = await probe.read(renamed, signal);
      const found = judged(`read ${renamed}`, kept(read));
      if ('refusal' in read || read.value.text === 'two') return found;
      return failed('what was read is not what was put', 'See whether another endpoint or a cache answers');
    }),
    trial('lake-lease', 'lease a file (weekly and daily run)', 'lake-read', async (signal) => {
      const { outcome, found, fix } = judged(`lease ${renamed}`, await probe.lease(renamed, signal));
      // Batches land without; the weekly and the daily run take one, so that they go on one at a time.
      return outcome === 'ok' ? { outcome, found, fix } : warning(found, fix ?? onTimeout);
    }),
    trial(
      'lake-delete',
      'delete a file with If-Match (optimise)',
      'lake-read',
      async (signal) => judged(`delete ${renamed}`, await probe.remove(renamed, etag, signal)),
      // What is listed and leased is there until then.
      ['lake-list', 'lake-lease'],
    ),
    trial('lake-folders', 'make and delete a folder wherever the app writes', 'lake-put', (signal) =>
      tryFolders(probe, id, signal),
    ),
    trial('lake-readers', 'who may read what is published', 'lake-file-system', async (signal) => {
      const of = (folder: string): Promise<Answer<readonly string[]>> => probe.defaultReaders(folder, signal);
      const [staged, bronze, quarantine] = await Promise.all(['_system/staging', 'bronze', 'quarantine'].map(of));
      const visible = [bronze, quarantine].flatMap((one) => (one !== undefined && 'value' in one ? one.value : []));
      const lists = bronze !== undefined && 'refusal' in bronze ? bronze : { value: visible };
      return judgeReaders(staged ?? lists, lists);
    }),
    trial('lake-latency', 'latency and throttling', 'lake-file-system', async (signal) =>
      judgeLatency(await measure(probe, signal)),
    ),
  ];
}

async function tryFolders(probe: LakeProbe, id: string, signal: AbortSignal): Promise<Finding> {
  const tried = WRITTEN_FOLDERS.map(async (folder) => {
    const path = probeSubfolder(folder, id);
    const made = judgeRequest(`make a folder in ${folder}`, await probe.makeFolder(path, signal), probe);
    if (made.outcome !== 'ok') return made;
    return judgeRequest(`delete a folder in ${folder}`, await probe.removeEmptyFolder(path, signal), probe);
  });
  const findings = await Promise.all(tried);
  const broken = findings.filter(({ outcome }) => outcome !== 'ok');
  if (broken.length === 0) return judgeRequest(`write in ${WRITTEN_FOLDERS.join(', ')}`, { value: null }, probe);
  return failed(broken.map(({ found }) => found).join('; '), broken[0]?.fix ?? '');
}

async function measure(probe: LakeProbe, signal: AbortSignal): Promise<Timed> {
  const tookMs: number[] = [];
  let [throttled, others] = [0, 0];
  for (let asked = 0; asked < TIMED_REQUESTS && !signal.aborted; asked += 1) {
    const startedAt = performance.now();
    const answer = await probe.lookAtFileSystem(signal);
    if ('value' in answer) tookMs.push(performance.now() - startedAt);
    else if (answer.refusal.status === 429 || answer.refusal.status === 503) throttled += 1;
    else others += 1;
  }
  return { tookMs, throttled, others };
}

/** Takes away what the trials made, whatever became of them; null when nothing is left. */
export async function removeProbes({ probe, id }: LakeTools, signal: AbortSignal): Promise<Finding | null> {
  const answers = await Promise.all(
    [probeFolder(id), ...WRITTEN_FOLDERS.map((folder) => probeSubfolder(folder, id))].map(async (path) => ({
      path,
      answer: await probe.removeTree(path, signal),
    })),
  );
  const left = answers.filter(({ answer }) => 'refusal' in answer).map(({ path }) => path);
  return left.length === 0
    ? null
    : warning(`perhaps left in the lake: ${left.join(', ')}`, 'Delete it; no reader sees it');
}
