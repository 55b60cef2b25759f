import { type Left, type LeftReason } from './report';

/** Details told of one partition's day and reason: after that, files are only counted. */
const MAX_DETAILS = 20;

/** Files of one partition's day that were left, counted by reason: its size grows with the reasons, not with the files. */
export class LeftCounts {
  readonly #day: string;
  readonly #partition: string | null;
  readonly #counts = new Map<LeftReason, Map<string | null, number>>();

  constructor(day: string, partition: string | null) {
    this.#day = day;
    this.#partition = partition;
  }

  get all(): Left[] {
    return [...this.#counts].flatMap(([reason, details]) =>
      [...details].map(([detail, files]) => ({
        ...{ day: this.#day, partition: this.#partition, reason, files, detail },
      })),
    );
  }

  add(reason: LeftReason, files: number, detail: string | null = null): void {
    if (files === 0) return;
    const details = this.#counts.get(reason) ?? new Map<string | null, number>();
    this.#counts.set(reason, details);
    const told = details.has(detail) || details.size < MAX_DETAILS ? detail : null;
    details.set(told, (details.get(told) ?? 0) + files);
  }
}
