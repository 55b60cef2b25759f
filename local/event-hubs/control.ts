import { createServer, type IncomingMessage, type Server } from 'node:http';
import { refusedControl } from '../storage/same-origin';
import { type Faults, type FaultRule, type LinkFilter } from './faults';
import { type HubConfig } from './limits';

/** What can be done from outside the process; the part of the stand-in that the HTTP server needs. */
export interface Controlled {
  readonly faults: Faults;
  /** Whether all that the health answer speaks for is up. */
  readonly isReady: () => boolean;
  hubs(): readonly { readonly name: string }[];
  hub(name: string): { readonly name: string } | undefined;
  createHub(config: HubConfig): void;
  deleteHub(name: string): void;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const MAX_BODY_BYTES = 100_000;
const HOUR_MS = 3_600_000;

/** What a rule's fields must be; JSON knows no Infinity, so `"times": null` is all of them. */
const KINDS: readonly string[] = ['serverBusy', 'loseAcknowledgement', 'dropLink', 'cutConnection', 'delay'];
const DIRECTIONS: readonly string[] = ['send', 'receive', 'any'];

/** The emulator's health answer, and ours beside it: faults and hubs as JSON over HTTP. */
export function controlServer(controlled: Controlled): Server {
  return createServer((request, response) => {
    void answer(request, controlled)
      .catch((error: unknown): Answer => ({
        status: 400,
        body: { error: error instanceof Error ? error.message : String(error) },
      }))
      .then(({ status, body }) => {
        response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' });
        response.end(body === undefined ? '' : `${JSON.stringify(body)}\n`);
      });
  });
}

async function answer(request: IncomingMessage, controlled: Controlled): Promise<Answer> {
  const refused = refusedControl(request);
  if (refused !== null) return { status: 403, body: { error: refused } };
  const [, resource = '', name = '', ...more] = decodeURIComponent((request.url ?? '').split('?', 1)[0] ?? '').split(
    '/',
  );
  if (more.length > 0) return { status: 404, body: { error: 'there is no such resource' } };
  const { faults } = controlled;
  switch (`${request.method ?? ''} ${resource}${name === '' ? '' : '/{name}'}`) {
    case 'GET health':
      if (!controlled.isReady()) return { status: 503, body: { status: 'starting' } };
      return { status: 200, body: { status: 'healthy' } };
    case 'GET faults':
      return {
        status: 200,
        body: faults.armed.map(({ rule, hits, active }) => ({ rule: printable(rule), hits, active })),
      };
    case 'POST faults':
      faults.add(ruleOf(await json(request)));
      return { status: 201, body: { index: faults.armed.length - 1 } };
    case 'DELETE faults':
      faults.clear();
      return { status: 204 };
    case 'POST links/{name}':
      if (name !== 'drop') break;
      return { status: 200, body: { dropped: faults.dropLinks(filterOf(await json(request))) } };
    case 'POST connections/{name}':
      if (name !== 'cut') break;
      return { status: 200, body: { cut: faults.cutConnections() } };
    case 'GET hubs':
      return { status: 200, body: controlled.hubs() };
    case 'PUT hubs/{name}':
      if (controlled.hub(name) !== undefined)
        return { status: 409, body: { error: `There is a hub ${name} already.` } };
      controlled.createHub(hubOf(name, await json(request)));
      return { status: 201, body: controlled.hub(name) };
    case 'DELETE hubs/{name}':
      if (controlled.hub(name) === undefined) break;
      controlled.deleteHub(name);
      return { status: 204 };
    default:
  }
  return { status: 404, body: { error: 'there is no such resource' } };
}

const printable = (rule: FaultRule): unknown => (rule.times === Infinity ? { ...rule, times: null } : rule);

function ruleOf(body: Record<string, unknown>): FaultRule {
  const { kind, on, times } = body;
  expectOneOf('kind', kind, KINDS);
  expectOneOf('on', on, DIRECTIONS);
  for (const field of ['ms', 'skip']) expectType(field, body[field], 'number');
  for (const field of ['hub', 'partition']) expectType(field, body[field], 'string');
  if (times !== null) expectType('times', times, 'number');
  return { ...body, ...(times === null ? { times: Infinity } : {}) } as unknown as FaultRule;
}

function filterOf(body: Record<string, unknown>): LinkFilter {
  for (const field of ['hub', 'partition']) expectType(field, body[field], 'string');
  if (body['direction'] !== undefined) expectOneOf('direction', body['direction'], ['send', 'receive']);
  return body;
}

function hubOf(name: string, body: Record<string, unknown>): HubConfig {
  const { partitionCount = 4, consumerGroups = [], retentionMs = HOUR_MS } = body;
  expectType('partitionCount', partitionCount, 'number');
  expectType('retentionMs', retentionMs, 'number');
  if (!Array.isArray(consumerGroups) || consumerGroups.some((group) => typeof group !== 'string'))
    throw new Error(`found "consumerGroups": ${JSON.stringify(consumerGroups)}; expected a list of names`);
  return { name, partitionCount, consumerGroups, retentionMs } as HubConfig;
}

function expectOneOf(field: string, found: unknown, expected: readonly string[]): void {
  if (typeof found !== 'string' || !expected.includes(found))
    throw new Error(`found "${field}": ${JSON.stringify(found)}; expected one of ${expected.join(', ')}`);
}

function expectType(field: string, found: unknown, expected: 'number' | 'string'): void {
  if (found !== undefined && typeof found !== expected)
    throw new Error(`found "${field}": ${JSON.stringify(found)}; expected a ${expected}`);
}

/** A request's body as an object; without a body an empty one. */
async function json(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > MAX_BODY_BYTES) throw new Error(`the body is longer than ${MAX_BODY_BYTES} bytes`);
  }
  const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('expected a JSON object');
  return value as Record<string, unknown>;
}
