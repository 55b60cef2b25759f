import { nameOf, parentOf, parseName, planPath, type DataFile, type Shelf } from '../../ledger/names';
import { mergeFolder, type Content, type Plan, type PlanInput, type PlanOutput, SHELVES } from './plan';

/** The version of the plan's format that is written; any other is left alone. */
export const PLAN_FORMAT = 1;

/** The plan as it is stored. Of a plan of any format, writers read `inputs[].path`. */
export function formatPlan(plan: Plan): Buffer {
  const { id, source, namespace, hub, partition, incarnation, day, inputs, outputs } = plan;
  const json = {
    format: PLAN_FORMAT,
    id,
    source,
    namespace,
    hub,
    incarnation,
    partition,
    day,
    first: String(plan.first),
    last: String(plan.last),
    plannedTime: new Date(plan.plannedAt).toISOString(),
    pages: plan.pages,
    outputs: outputs.map(({ path, staged, bytes, count, sha256 }) => ({ path, staged, bytes, count, sha256 })),
    inputs: inputs.map(({ path, etag, bytes, count, sha256 }) => ({ path, etag, bytes, count, sha256 })),
  };
  return Buffer.from(`${JSON.stringify(json, null, 1)}\n`);
}

/**
 * The inverse of {@link formatPlan}. A plan authorises deletions, so one that does not say exactly what this program would
 * have planned is none.
 *
 * @param path where the bytes were read
 * @returns the plan, or what is wrong with it
 */
export function parsePlan(bytes: Buffer, path: string): Plan | string {
  try {
    const plan = read(JSON.parse(bytes.toString('utf8')) as Json);
    return faultOf(plan, path) ?? plan;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Json = Readonly<Record<string, unknown>>;

function read(json: Json): Plan {
  refuseOther(json['format']);
  const source = text(json, 'source');
  if (source !== 'postgresql' && source !== 'mongodb') throw new TypeError(`source is ${source}`);
  return {
    id: text(json, 'id'),
    source,
    namespace: text(json, 'namespace'),
    hub: text(json, 'hub'),
    incarnation: count(json, 'incarnation'),
    partition: text(json, 'partition'),
    day: text(json, 'day'),
    first: BigInt(text(json, 'first')),
    last: BigInt(text(json, 'last')),
    plannedAt: time(json, 'plannedTime'),
    pages: count(json, 'pages'),
    outputs: list(json, 'outputs').map(readOutput),
    inputs: list(json, 'inputs').map(readInput),
  };
}

function refuseOther(format: unknown): void {
  if (format === PLAN_FORMAT) return;
  const isNewer = Number.isSafeInteger(format) && (format as number) > PLAN_FORMAT;
  throw new TypeError(
    isNewer
      ? `it has format ${String(format)}, this version reads up to ${PLAN_FORMAT}: a newer version has planned here, deploy it again`
      : `format ${String(format)} never existed`,
  );
}

function readOutput(json: Json): PlanOutput {
  return { path: text(json, 'path'), staged: text(json, 'staged'), ...readContent(json) };
}

function readInput(json: Json): PlanInput {
  return { path: text(json, 'path'), etag: text(json, 'etag'), ...readContent(json) };
}

function readContent(json: Json): Content {
  return { bytes: count(json, 'bytes'), count: count(json, 'count'), sha256: text(json, 'sha256') };
}

/** What of the plan contradicts its place, its names or itself; null when it is sound. */
function faultOf(plan: Plan, path: string): string | null {
  const { source, day, partition, inputs, outputs } = plan;
  if (planPath(source, day, partition) !== path) return `it is the plan of ${planPath(source, day, partition)}`;
  for (const shelf of SHELVES) {
    const folder = `${shelf}/${source}/${day}`;
    const here = ({ path: of }: { path: string }): boolean => parentOf(of) === folder;
    const fault = faultOfShelf(plan, shelf, inputs.filter(here), outputs.filter(here));
    if (fault !== null) return fault;
  }
  const known = (of: string): boolean => SHELVES.some((shelf) => parentOf(of) === `${shelf}/${source}/${day}`);
  const stranger = [...inputs, ...outputs].find((file) => !known(file.path));
  if (stranger !== undefined) return `${stranger.path} is not of its day`;
  const lines = outputs.reduce((total, output) => total + output.count, 0);
  if (BigInt(lines) !== plan.last - plan.first + 1n) return `its outputs hold ${lines} lines`;
  return null;
}

function faultOfShelf(
  plan: Plan,
  shelf: Shelf,
  inputs: readonly PlanInput[],
  outputs: readonly PlanOutput[],
): string | null {
  if (outputs.length !== (inputs.length === 0 ? 0 : 1)) return `${outputs.length} outputs in ${shelf}`;
  const sum = (pick: (content: Content) => number): number => inputs.reduce((total, input) => total + pick(input), 0);
  const [output] = outputs;
  if (output === undefined) return null;
  if (sum(({ bytes }) => bytes) !== output.bytes || sum((of) => of.count) !== output.count) {
    return `the inputs of ${output.path} do not add up`;
  }
  const isOf = (file: DataFile | null, content: Content): file is DataFile =>
    file?.partition === plan.partition && file.incarnation === plan.incarnation && file.count === content.count;
  const merged = parseName(nameOf(output.path));
  if (!isOf(merged, output) || merged.first !== plan.first || merged.last !== plan.last) {
    return `${output.path} is not what it makes`;
  }
  if (!output.staged.startsWith(mergeFolder(plan.source, plan.day, plan.partition))) {
    return `${output.staged} is not where merged files wait`;
  }
  for (const input of inputs) {
    const file = parseName(nameOf(input.path));
    if (!isOf(file, input) || file.first < plan.first || file.last > plan.last || input.path === output.path) {
      return `${input.path} is none of its inputs`;
    }
  }
  return null;
}

function text(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} is no text`);
  return value;
}

function count(json: Json, name: string): number {
  const value = json[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError(`${name} is no count`);
  return value as number;
}

function time(json: Json, name: string): number {
  const ms = Date.parse(text(json, name));
  if (Number.isNaN(ms)) throw new TypeError(`${name} is no time`);
  return ms;
}

function list(json: Json, name: string): Json[] {
  const value = json[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list`);
  return value as Json[];
}
