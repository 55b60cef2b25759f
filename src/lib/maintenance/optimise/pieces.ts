import { type FileVersion, type MaintenanceLake } from '../port';

/** How much of a file is read by one request. */
const PIECE_BYTES = 4 << 20;

/** What one reader of files holds in memory at once, read or being read. */
const AHEAD_BYTES = 16 << 20;

/** Requests under way at once for one reader: small files take a request each. */
const AHEAD_REQUESTS = 16;

/** A file is not what was listed any more. */
export class InputGone extends Error {
  override readonly name = 'InputGone';
  readonly path: string;

  constructor(path: string, found: 'gone' | 'changed') {
    super(`${path} is ${found}`);
    this.path = path;
  }
}

/** Some bytes of a file; `isLast` with the file's last. */
export interface Piece<T> {
  readonly of: T;
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

interface Wanted<T> {
  readonly of: T;
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
}

/**
 * The bytes of files, one after another, a piece at a time, with the next pieces on their way; bounded in memory however
 * many and however large they are.
 *
 * @throws InputGone, or what the lake throws
 */
export async function* piecesOf<T extends FileVersion & { readonly path: string }>(
  lake: MaintenanceLake,
  files: readonly T[],
): AsyncGenerator<Piece<T>> {
  const wanted = piecesToRead(files);
  const ahead: { readonly piece: Wanted<T>; readonly bytes: Promise<Buffer> }[] = [];
  let aheadBytes = 0;
  let next = wanted.next();
  try {
    for (;;) {
      while (next.done !== true && (ahead.length === 0 || hasRoom(ahead.length, aheadBytes + next.value.length))) {
        const bytes = read(lake, next.value);
        // A failure is met when its turn comes, and must not count as unhandled until then.
        bytes.catch(() => undefined);
        ahead.push({ piece: next.value, bytes });
        aheadBytes += next.value.length;
        next = wanted.next();
      }
      const head = ahead.shift();
      if (head === undefined) return;
      yield { of: head.piece.of, bytes: await head.bytes, isLast: head.piece.isLast };
      aheadBytes -= head.piece.length;
    }
  } finally {
    // Whoever stops half-way leaves nothing behind that still reads.
    await Promise.allSettled(ahead.map(({ bytes }) => bytes));
  }
}

function hasRoom(requests: number, bytes: number): boolean {
  return requests < AHEAD_REQUESTS && bytes <= AHEAD_BYTES;
}

function* piecesToRead<T extends FileVersion & { readonly path: string }>(
  files: readonly T[],
): Generator<Wanted<T>, undefined> {
  for (const of of files) {
    for (let offset = 0; offset < of.bytes; offset += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, of.bytes - offset);
      yield { of, offset, length, isLast: offset + length === of.bytes };
    }
  }
}

async function read<T extends FileVersion & { readonly path: string }>(
  lake: MaintenanceLake,
  { of, offset, length }: Wanted<T>,
): Promise<Buffer> {
  const bytes = await lake.readPiece(of.path, of.etag, offset, length);
  if (typeof bytes === 'string') throw new InputGone(of.path, bytes);
  if (bytes.length !== length) throw new InputGone(of.path, 'changed');
  return bytes;
}
