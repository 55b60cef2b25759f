import { MongoEntry, PostgresEntry } from '../../src/lib/config/capture-list';
import { loadPlan, PLAN_NAMES, type Policy, templatesIn } from './plan';
import { MUTATIONS } from './mutations';
import { worse } from './mutate-plan';
import { appPolicies, ingestingFunctions } from './policies/app';
import { hubPolicies } from './policies/hubs';
import { networkPolicies } from './policies/network';
import { observePolicies } from './policies/observe';
import { rolePolicies } from './policies/roles';
import { settingPolicies } from './policies/settings';
import { storagePolicies } from './policies/storage';
import { templatePolicies } from './policies/template';

const POLICIES: Readonly<Record<string, Policy>> = {
  ...templatePolicies,
  ...storagePolicies,
  ...hubPolicies,
  ...rolePolicies,
  ...appPolicies,
  ...settingPolicies,
  ...networkPolicies,
  ...observePolicies,
};

describe.each(PLAN_NAMES)('what %s deploys', (name) => {
  const plan = loadPlan(name);
  test.each(Object.entries(POLICIES))('%s', (_policy, holds) => {
    expect(holds(plan)).toEqual([]);
  });
});

describe('a policy that sees no mistake is none', () => {
  test('each policy has mistakes to see, and no mistake is for a policy that is gone', () => {
    expect(Object.keys(MUTATIONS).sort()).toEqual(Object.keys(POLICIES).sort());
  });

  const cases = Object.entries(MUTATIONS).flatMap(([policy, mutations]) =>
    mutations.map(({ what, on, change }) => ({ policy, what, on: on ?? 'prod', change })),
  );

  test('each policy has at least one', () => {
    expect(Object.entries(MUTATIONS).filter(([, mutations]) => mutations.length === 0)).toEqual([]);
  });

  test.each(cases)('$policy sees it: $what', ({ policy, on, change }) => {
    expect(POLICIES[policy]?.(worse(on, change))).not.toEqual([]);
  });
});

describe('what the plans do not say', () => {
  test('every kind of resource of the template is in one of the plans', () => {
    const kinds = templatesIn(loadPlan('prod').template).flatMap(({ template }) =>
      Object.values(template.resources)
        .filter(({ existing, type }) => existing !== true && type !== 'Microsoft.Resources/deployments')
        .map(({ type }) => type),
    );
    const deployed = new Set(PLAN_NAMES.flatMap((name) => loadPlan(name).resources.map(({ type }) => type)));
    expect(kinds.length).toBeGreaterThan(20);
    expect(kinds.filter((kind) => !deployed.has(kind))).toEqual([]);
  });

  test('a database to capture has the keys that the code knows', () => {
    const { definitions } = loadPlan('prod').template as unknown as {
      definitions: Record<string, { properties: object; additionalProperties?: boolean }>;
    };
    const { postgresDatabase, mongoDatabase } = definitions;
    expect(Object.keys(postgresDatabase?.properties ?? {}).sort()).toEqual(Object.keys(PostgresEntry.entries).sort());
    expect(Object.keys(mongoDatabase?.properties ?? {}).sort()).toEqual(Object.keys(MongoEntry.entries).sort());
    expect([postgresDatabase?.additionalProperties, mongoDatabase?.additionalProperties]).toEqual([false, false]);
  });

  test('the functions that read hubs are found in their registrations', () => {
    expect(ingestingFunctions()).toHaveLength(2);
  });
});
