import { at, loadPlan, type Plan, type Resource } from './plan';

/** Changes a plan to a worse one. */
export type Change = (plan: Plan) => Plan;

/** The plan called `name`, worse. @throws Error when the change found nothing to change: it is out of date. */
export function worse(name: string, change: Change): Plan {
  const before = JSON.stringify(loadPlan(name));
  const after = change(loadPlan(name));
  if (JSON.stringify(after) === before) throw new Error(`a change of ${name} changed nothing`);
  return after;
}

/** Sets `path` of the resources of `type` whose names match; undefined removes it. */
export const set =
  (type: string, path: string, value: unknown, name = /(?:)/): Change =>
  (plan) => {
    for (const resource of plan.resources.filter((one) => one.type === type && name.test(one.name))) {
      put(resource, path, value);
    }
    return plan;
  };

/** Sets a setting of the app; undefined removes it. */
export const setting = (name: string, value: string | undefined): Change =>
  set('Microsoft.Web/sites/config', `properties.${name}`, value, /appsettings$/);

/** Takes resources away. */
export const without =
  (type: string, name = /(?:)/): Change =>
  (plan) => ({ ...plan, resources: plan.resources.filter((one) => one.type !== type || !name.test(one.name)) });

export const withResource =
  (resource: Partial<Resource> & { readonly type: string }): Change =>
  (plan) => ({
    ...plan,
    resources: [...plan.resources, { id: '/nobody', name: 'another', properties: {}, ...resource }],
  });

/** Changes a resource with a function of itself, to another scope for example. */
export const rewrite =
  (type: string, name: RegExp, edit: (resource: Resource) => Resource): Change =>
  (plan) => ({
    ...plan,
    resources: plan.resources.map((one) => (one.type === type && name.test(one.name) ? edit(one) : one)),
  });

/** Changes infra/main.json: `path` from its root. */
export const template =
  (path: string, value: unknown): Change =>
  (plan) => {
    put(plan.template, path, value);
    return plan;
  };

function put(target: unknown, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.length === 0 ? target : at(target, keys.join('.'));
  if (typeof holder !== 'object' || holder === null) throw new Error(`nothing is at ${keys.join('.')}`);
  const values = holder as Record<string, unknown>;
  if (value === undefined) Reflect.deleteProperty(values, last);
  else values[last] = value;
}
