/**
 * How the demo's instances differ from a deployed app: the low-latency profile of docs/host-json.md, so that one need not wait
 * a minute for a file, and a host that notices a dead instance in seconds.
 */
export const QUICK_PROFILE: Readonly<Record<string, string>> = {
  AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '2',
  AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:02',
  AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval: '00:00:01',
  AzureFunctionsJobHost__extensions__eventHubs__partitionOwnershipExpirationInterval: '00:00:04',
};

/** Nothing of the developer's own settings reaches the demo but what Node itself needs. */
export function bareEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const needed = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(needed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
