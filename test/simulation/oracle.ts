import { type HubEvent } from '../../src/lib/decode/event';
import { parseLedger } from '../../src/lib/ledger/ledger-json';
import { type MemoryStore } from './memory-store';

/** A promise was broken; the message ends with what happened before. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(what: string, trace: readonly string[]) {
    super(`${what}\n${trace.slice(-60).join('\n')}`);
  }
}

/** A line as readers see it: whose event it is, told by the body, and where the header says it stood. */
interface Line {
  readonly path: string;
  readonly id: string;
  readonly sequence: number;
  readonly incarnation: number;
}

/** At a return: every event of the batch is readable exactly once. */
export function checkReturned(store: MemoryStore, events: readonly HubEvent[], trace: readonly string[]): void {
  const lines = readLines(store);
  for (const event of events) {
    const id = /\d+:\d+/.exec(event.body.toString())?.[0];
    const found = lines.filter((line) => line.id === id);
    if (found.length === 1) continue;
    const where = found.map((line) => line.path).join(', ');
    throw new Violation(`a handler returned, and event ${id} is readable ${found.length} times: ${where}`, trace);
  }
}

/**
 * At the end: no event is readable twice, each stands under its own number, file names tell the truth, a run's two files
 * add up, and each ledger covers exactly what is readable in its incarnation.
 */
export function checkEnd(store: MemoryStore, trace: readonly string[]): void {
  const complain = (what: string): never => {
    throw new Violation(what, trace);
  };
  const lines = readLines(store);
  const seen = new Map<string, Line>();
  for (const line of lines) {
    const twin = seen.get(line.id);
    if (twin !== undefined) complain(`event ${line.id} is readable in ${twin.path} and in ${line.path}`);
    seen.set(line.id, line);
    if (line.id.split(':')[1] !== String(line.sequence)) complain(`event ${line.id} stands as ${line.sequence}`);
  }
  checkNames(lines, complain);
  const lives = new Map<number, Set<string>>();
  for (const line of lines) {
    lives.set(line.incarnation, (lives.get(line.incarnation) ?? new Set()).add(line.id.split(':')[0] ?? ''));
  }
  for (const [incarnation, of] of lives) {
    if (of.size !== 1) complain(`incarnation ${incarnation} mixes the hub's lives ${[...of].join(', ')}`);
    checkLedger(store, incarnation, lines, complain);
  }
}

type Complain = (what: string) => never;

function checkNames(lines: readonly Line[], complain: Complain): void {
  const runs = new Map<string, number[]>();
  for (const path of new Set(lines.map((line) => line.path))) {
    const inFile = lines.filter((line) => line.path === path).map((line) => line.sequence);
    const name = /_0(?:_i\d+)?_(\d+)-(\d+)_(\d+)\.json$/.exec(path);
    const [first, last, count] = (name?.slice(1) ?? []).map(Number) as [number, number, number];
    if (name === null || inFile.length !== count) complain(`${path} has ${inFile.length} lines`);
    if (inFile.some((sequence) => sequence < first || sequence > last)) complain(`${path} holds strangers`);
    const run = `${lines.find((line) => line.path === path)?.incarnation}/${first}-${last}`;
    runs.set(run, [...(runs.get(run) ?? []), count]);
  }
  for (const [run, counts] of runs) {
    const [first = 0, last = 0] = (run.split('/')[1] ?? '').split('-').map(Number);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total !== last - first + 1) complain(`the files of run ${run} hold ${total} events`);
  }
}

function checkLedger(store: MemoryStore, incarnation: number, lines: readonly Line[], complain: Complain): void {
  const path = `_system/ledger/ns/changes/${incarnation}/0.json`;
  const file = store.read(path) ?? complain(`there is no ${path}`);
  const ledger = parseLedger(file.bytes, path);
  const readable = new Set(lines.filter((line) => line.incarnation === incarnation).map((line) => line.sequence));
  for (let sequence = Number(ledger.start); sequence <= Number(ledger.last); sequence += 1) {
    const inGap = ledger.gaps.some((gap) => sequence >= gap.first && sequence <= gap.last);
    if (inGap === readable.has(sequence)) {
      complain(`${incarnation}:${sequence} is ${inGap ? 'in a gap, and readable' : 'covered, and not readable'}`);
    }
    readable.delete(sequence);
  }
  if (readable.size > 0) complain(`readable outside the ledger: ${[...readable].join(', ')}`);
  for (const pending of ledger.pending) {
    if (!store.exists(pending.final)) complain(`${pending.final} is still not published`);
  }
}

const parsed = new WeakMap<object, Omit<Line, 'path'>[]>();

/** Every line under bronze/ and quarantine/, in files whole. */
function readLines(store: MemoryStore): Line[] {
  const lines: Line[] = [];
  for (const [path, file] of store.files) {
    if (!path.startsWith('bronze/') && !path.startsWith('quarantine/')) continue;
    let inFile = parsed.get(file);
    if (inFile === undefined) {
      inFile = file.bytes.toString().trimEnd().split('\n').map(readLine);
      parsed.set(file, inFile);
    }
    for (const line of inFile) lines.push({ path, ...line });
  }
  return lines;
}

function readLine(text: string): Omit<Line, 'path'> {
  const line = JSON.parse(text) as {
    sequenceNumber: number;
    incarnation: number;
    payload?: { id: string };
    bodyBase64?: string;
  };
  const body = line.payload?.id ?? Buffer.from(line.bodyBase64 ?? '', 'base64').toString();
  return {
    id: /\d+:\d+/.exec(body)?.[0] ?? '?',
    sequence: line.sequenceNumber,
    incarnation: line.incarnation,
  };
}
