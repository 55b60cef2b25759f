import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { accounts, at, differing, each, ofType, type Policy, sameSet } from '../plan';

const SITES = 'Microsoft.Web/sites';
const functions = resolve(__dirname, '../../../src/functions');

/** The functions that read hubs, as src/functions registers them. */
export function ingestingFunctions(): readonly string[] {
  const texts = readdirSync(functions).map((file) => readFileSync(join(functions, file), 'utf8'));
  return texts.flatMap((text) =>
    [...text.matchAll(/app\.generic\('(\w+)', \{\s*trigger: changeTrigger\(/g)].map(([, name]) => name ?? ''),
  );
}

export const appPolicies: Readonly<Record<string, Policy>> = {
  theAppSpeaksTls: (plan) =>
    each(plan, SITES, {
      'properties.httpsOnly': true,
      'properties.siteConfig.minTlsVersion': '1.2',
      'properties.siteConfig.scmMinTlsVersion': '1.2',
      'properties.siteConfig.ftpsState': 'Disabled',
      'properties.siteConfig.remoteDebuggingEnabled': false,
    }),

  nobodyPublishesByPassword: (plan) => [
    ...each(plan, `${SITES}/basicPublishingCredentialsPolicies`, { 'properties.allow': false }),
    ...sameSet(
      'publishing policies',
      ofType(plan, `${SITES}/basicPublishingCredentialsPolicies`).map(({ name }) => name.split('/')[1] ?? ''),
      ['ftp', 'scm'],
    ),
  ],

  thePlanIsFlexConsumption: (plan) => [
    ...each(plan, 'Microsoft.Web/serverfarms', {
      'sku.name': 'FC1',
      'sku.tier': 'FlexConsumption',
      'properties.reserved': true,
    }),
    ...each(plan, SITES, {
      kind: 'functionapp,linux',
      'properties.serverFarmId': ofType(plan, 'Microsoft.Web/serverfarms')[0]?.id,
    }),
  ],

  theRuntimeIsNode: (plan) => {
    const [app] = ofType(plan, SITES);
    const version = String(at(app, 'properties.functionAppConfig.runtime.version'));
    const name = at(app, 'properties.functionAppConfig.runtime.name');
    return name === 'node' && ['22', '24'].includes(version) ? [] : [`the runtime is ${String(name)} ${version}`];
  },

  thePackageIsFetchedByIdentity: (plan) => {
    const [app] = ofType(plan, SITES);
    const [identity] = ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities');
    if (app === undefined) return ['there is no app'];
    const container = String(at(app, 'properties.functionAppConfig.deployment.storage.value'));
    const host = accounts(plan).host?.name ?? 'no host';
    const elsewhere = container.includes(`/${host}'`) && container.includes("'deployments'");
    return [
      ...differing(app, {
        'properties.functionAppConfig.deployment.storage.type': 'blobContainer',
        'properties.functionAppConfig.deployment.storage.authentication': {
          type: 'UserAssignedIdentity',
          userAssignedIdentityResourceId: identity?.id,
        },
      }),
      ...(elsewhere ? [] : [`the package is fetched from ${container}`]),
    ];
  },

  instancesAreLargeEnough: (plan) => {
    const memory = Number(
      at(ofType(plan, SITES)[0], 'properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB'),
    );
    return memory >= 2048 ? [] : [`an instance has ${memory} MB: four batches of large events need 2048`];
  },

  alwaysReadyAreFunctionsThatExist: (plan) => {
    const path = 'properties.functionAppConfig.scaleAndConcurrency.alwaysReady';
    const groups = (at(ofType(plan, SITES)[0], path) ?? []) as readonly { name: string; instanceCount: number }[];
    const wanted = plan.asks.alwaysReady ? ingestingFunctions().map((name) => `function:${name}`) : [];
    const none = groups.filter(({ instanceCount }) => instanceCount < 1).map(({ name }) => `${name} has no instances`);
    return [
      ...none,
      ...sameSet(
        'always ready',
        groups.map(({ name }) => name),
        wanted,
      ),
    ];
  },

  azdFindsTheApp: (plan) => {
    const [app] = ofType(plan, SITES);
    const service =
      at(app, 'tags.azd-service-name') === 'app' ? [] : ['the app is not tagged as the service of azure.yaml'];
    const [group] = ofType(plan, 'Microsoft.Resources/resourceGroups');
    const environment = at(group, 'tags.azd-env-name') === undefined ? ['the group has no environment'] : [];
    return [...service, ...environment];
  },
};
