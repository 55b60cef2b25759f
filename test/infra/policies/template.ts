import { type Policy, templatesIn } from '../plan';

/** Rules about infra/main.json itself: they hold whatever the parameters. */
export const templatePolicies: Readonly<Record<string, Policy>> = {
  noKeyIsAskedFor: ({ template }) =>
    [...JSON.stringify(template).matchAll(/\blist(Keys|Secrets|Credentials|\w*Sas|\w*Token)?\w*\(/gi)].map(
      ([call]) => `the template calls ${call}…)`,
    ),

  outputsHoldNoSecret: ({ template }) =>
    templatesIn(template).flatMap(({ path, template: { outputs = {} } }) =>
      Object.entries(outputs).flatMap(([name, { type, value }]) => {
        const secret =
          /^secure/i.test(type) ||
          /connection_?string|password|secret|(account|shared|primary|secondary|access)_?key/i.test(name) ||
          /connectionstring|instrumentationkey|list\w*\(|\.keys\b/i.test(JSON.stringify(value));
        return secret ? [`output ${path}/${name} may hold a secret`] : [];
      }),
    ),

  parametersAreDescribed: ({ template }) =>
    templatesIn(template).flatMap(({ path, template: { parameters = {} } }) =>
      Object.entries(parameters)
        .filter(([, { metadata }]) => (metadata?.description ?? '').length < 5)
        .map(([name]) => `parameter ${path}/${name} has no description`),
    ),

  numbersHaveLimits: ({ template }) =>
    Object.entries(template.parameters ?? {})
      .filter(([, parameter]) => parameter.type === 'int')
      .filter(([, parameter]) => parameter.minValue === undefined && !('allowedValues' in parameter))
      .map(([name]) => `parameter ${name} has no limits`),

  noSecretIsAParameter: ({ template }) =>
    templatesIn(template).flatMap(({ path, template: { parameters = {} } }) =>
      Object.entries(parameters)
        .filter(([name, { type }]) => /^secure/i.test(type ?? '') || /password|connectionString|accountKey/i.test(name))
        .map(([name]) => `parameter ${path}/${name} is a secret: addresses of databases belong in the vault`),
    ),
};
