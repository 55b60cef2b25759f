import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../..');

/** A resource as the compiler works it out: what only the cloud knows is left as an expression in brackets. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly properties: Record<string, unknown>;
}

/** infra/main.json, and the templates of its modules within it. */
export interface Template {
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly outputs?: Readonly<Record<string, { type: string; value: unknown }>>;
  readonly resources: Readonly<Record<string, TemplateResource>>;
}

export interface Parameter {
  readonly type?: string;
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly metadata?: { readonly description?: string };
}

export interface TemplateResource {
  readonly type: string;
  readonly existing?: boolean;
  readonly properties?: { readonly template?: Template };
}

/** What one file of parameters deploys, and what it asked for. */
export interface Plan {
  readonly name: string;
  readonly template: Template;
  readonly resources: readonly Resource[];
  readonly asks: Asks;
}

export interface Asks {
  readonly privateNetwork: boolean;
  /** Sources whose hub the app sends to. */
  readonly sends: readonly ('postgresql' | 'mongodb')[];
  /** Settings with the addresses of captured databases. */
  readonly addresses: readonly string[];
  readonly bronzeDays: number | null;
  readonly quarantineDays: number | null;
  /** Settings that differ from the code's defaults on purpose. */
  readonly settings: Readonly<Record<string, string>>;
  readonly alwaysReady: boolean;
}

/** A rule about what is deployed: what breaks it, a sentence each; none when it holds. */
export type Policy = (plan: Plan) => readonly string[];

const QUIET: Asks = {
  ...{ privateNetwork: false, sends: [], addresses: [], alwaysReady: false },
  ...{ bronzeDays: null, quarantineDays: null, settings: {} },
};

/** What the files of parameters ask for, said a second time and by hand. */
const ASKS: Readonly<Record<string, Asks>> = {
  azd: QUIET,
  dev: { ...QUIET, settings: { EVENTHUB_RETENTION_DAYS: '1' } },
  prod: { ...QUIET, privateNetwork: true, alwaysReady: true },
  replay: { ...QUIET, sends: ['postgresql', 'mongodb'], addresses: ['SHOP_DATABASE'] },
  everything: {
    ...{ privateNetwork: true, sends: ['postgresql', 'mongodb'], addresses: ['SHOP_DATABASE', 'CARTS_DATABASE'] },
    ...{ bronzeDays: 3650, quarantineDays: 180, alwaysReady: true },
    settings: { EVENTHUB_RETENTION_DAYS: '30', INGEST_MEMORY_MIB: '512' },
  },
};

export const PLAN_NAMES = Object.keys(ASKS);

const json = (path: string): unknown => JSON.parse(readFileSync(resolve(root, path), 'utf8'));

/** A plan of its own at each call: mutations change it. */
export function loadPlan(name: string): Plan {
  const { predictedResources } = json(`infra/snapshots/${name}.json`) as { predictedResources: Resource[] };
  const template = json('infra/main.json') as Template;
  return { name, template, resources: predictedResources, asks: ASKS[name] ?? QUIET };
}

export const ofType = (plan: Plan, type: string): readonly Resource[] =>
  plan.resources.filter((resource) => resource.type === type);

/** The value at `path` (`properties.encryption.keySource`), or undefined. */
export function at(value: unknown, path: string): unknown {
  let here = value;
  for (const key of path.split('.')) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

/** What follows where a resource has another value at `path` than `wanted`, or where there is no resource at all. */
export function each(plan: Plan, type: string, wanted: Readonly<Record<string, unknown>>): readonly string[] {
  const resources = ofType(plan, type);
  if (resources.length === 0) return [`there is no ${type}`];
  return resources.flatMap((resource) => differing(resource, wanted));
}

export function differing(resource: Resource, wanted: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(wanted).flatMap(([path, value]) => {
    const found = at(resource, path);
    if (JSON.stringify(found) === JSON.stringify(value)) return [];
    return [`${resource.type} ${resource.name}: ${path} is ${JSON.stringify(found)}, not ${JSON.stringify(value)}`];
  });
}

/** Every template within `template`, itself first, with the path of module names that leads there. */
export function templatesIn(template: Template, path = 'main'): readonly { path: string; template: Template }[] {
  const nested = Object.entries(template.resources).flatMap(([name, { properties }]) =>
    properties?.template === undefined ? [] : templatesIn(properties.template, `${path}/${name}`),
  );
  return [{ path, template }, ...nested];
}

const ACCOUNTS = 'Microsoft.Storage/storageAccounts';

/** The lake has the file system; the other account is the host's. */
export function accounts(plan: Plan): { readonly lake: Resource | undefined; readonly host: Resource | undefined } {
  const found = ofType(plan, ACCOUNTS);
  return {
    lake: found.find(({ name }) => name.startsWith('stlake')),
    host: found.find(({ name }) => name.startsWith('sthost')),
  };
}

/** The app's settings as deployed. */
export function appSettings(plan: Plan): Readonly<Record<string, string>> {
  const config = ofType(plan, 'Microsoft.Web/sites/config').find(({ name }) => name.endsWith('/appsettings'));
  return (config?.properties ?? {}) as Record<string, string>;
}

/** The differences between two sets of texts. */
export function sameSet(what: string, found: readonly string[], wanted: readonly string[]): readonly string[] {
  const extra = found.filter((text, index) => !wanted.includes(text) || found.indexOf(text) !== index);
  const lacking = wanted.filter((text) => !found.includes(text));
  return [...extra.map((text) => `${what}: ${text} too much`), ...lacking.map((text) => `${what}: no ${text}`)];
}
