import { type Lake } from './port';

/** How much of a file is read by one request. */
const PIECE_BYTES = 4 << 20;

/**
 * The bytes of a file of any size that is neither replaced nor appended to, a piece in memory at a time.
 *
 * @returns whether it was there to its end
 */
export async function* readInPieces(lake: Lake, path: string): AsyncGenerator<Buffer, boolean> {
  for (let offset = 0; ; offset += PIECE_BYTES) {
    const piece = await lake.readPiece(path, offset, PIECE_BYTES);
    if (piece === null) return false;
    if (piece.length > 0) yield piece;
    if (piece.length < PIECE_BYTES) return true;
  }
}
