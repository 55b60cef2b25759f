import { type Check, read } from './compare';
import { givenRolesCheck, linkCheck, policyCheck, securityChecks } from './security-checks';

interface Case {
  readonly file: string;
  readonly check: Check;
  /** Mistakes that the check must see: what is there, and what stands there instead. */
  readonly mistakes: readonly (readonly [RegExp, string])[];
}

/** Mistakes in docs/security.md, by the check that must see them. */
const MISTAKES: Readonly<Record<string, Case['mistakes']>> = {
  'the roles are those that the template gives': [
    [/a638d3c7/, 'a638d3c8'],
    [/\| each hub /, '| the namespace '],
    [/the container `data`/, 'the container `raw`'],
    [/^\| `Storage Queue Data Contributor`.*\n/m, ''],
    [/its source is captured; `allowReplay`/, 'always'],
    [/(97[0-9a-f-]+`[ |]+the host's account[ |]+)always/, '$1 sometimes'],
  ],
  'each role has the name that the template’s sources give it': [[/`Storage Blob Data Owner`/, '`Storage Blob Owner`']],
  'the roles are those that the policies want': [
    [/4633458b/, '4633458c'],
    [/^\| `Key Vault Secrets User`.*\n/m, ''],
  ],
  'no identifier is there that the table of roles does not explain': [
    [/^## Access review$/m, '## Access review\n\n00000000-0000-0000-0000-000000000001'],
  ],
  'the licences are those that the check permits': [
    [/`0BSD`, /, ''],
    [/`MIT`/, '`MIT`, `GPL-3.0`'],
    [/`CC-BY-4.0`/, 'another'],
  ],
  'install scripts are those that are allowed': [
    [/`@swc\/core`, /, ''],
    [/`esbuild`/, '`esbuild`, `protobufjs`'],
  ],
  'the status page is protected as it says': [
    [/`authLevel` `function`/, '`authLevel` `admin`'],
    [/no-store/, 'no-cache'],
    [/every three seconds/, 'every second'],
  ],
  'names in camel case are parameters, or known from elsewhere': [[/`logLakeReads`/, '`logReads`']],
  'links lead somewhere, to the very heading': [
    [/deploy\.md#when-something-is-lost/, 'deploy.md#when-all-is-lost'],
    [/\(#supply-chain\)/, '(#chain)'],
    [/\(deploy\.md\)/, '(deployment.md)'],
  ],
  'paths of the project exist': [[/`test\/infra\/policies\/`/, '`test/infra/rules/`']],
};

const CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    Object.entries(securityChecks).map(([name, check]) => [
      `docs/security.md: ${name}`,
      { file: 'docs/security.md', check, mistakes: MISTAKES[name] ?? [] },
    ]),
  ),
  'docs/deploy.md: roles that are given are known': {
    ...{ file: 'docs/deploy.md', check: givenRolesCheck },
    mistakes: [
      [/grant 'Azure Event Hubs Data Sender'/, "grant 'Azure Event Hubs Sender'"],
      [/--role 'Website Contributor'/, "--role 'Web Contributor'"],
      [/^\| `Storage Blob Data Contributor`/m, '| `Storage Blob Contributor`'],
    ],
  },
  'docs/deploy.md: links lead somewhere, to the very heading': {
    ...{ file: 'docs/deploy.md', check: linkCheck('docs/deploy.md') },
    mistakes: [
      [/security\.md#roles/, 'security.md#rights'],
      [/\(#parameters\)/, '(#params)'],
    ],
  },
  'SECURITY.md: it says where to report, and leads nowhere else': {
    ...{ file: 'SECURITY.md', check: policyCheck },
    mistakes: [
      [/private vulnerability reporting/, 'mail'],
      [/^## Supported versions$/m, '## Versions'],
      [/^You get an answer/m, 'Write to security@example.com. You get an answer'],
      [/docs\/security\.md#one-identity/, 'docs/security.md#identity'],
    ],
  },
};

test.each(Object.entries(CASES))('%s', (_name, { file, check }) => {
  expect(check(read(file))).toEqual([]);
});

test('each check has mistakes to see, and no mistake is for a check that is gone', () => {
  expect(Object.keys(MISTAKES).sort()).toEqual(Object.keys(securityChecks).sort());
  expect(Object.entries(CASES).filter(([, { mistakes }]) => mistakes.length === 0)).toEqual([]);
});

const mistakes = Object.entries(CASES).flatMap(([name, { mistakes }]) =>
  mistakes.map(([pattern, instead]) => [name, pattern, instead] as const),
);

test.each(mistakes)('%s: %s is not overlooked', (name, pattern, instead) => {
  const { file = '', check } = CASES[name] ?? {};
  const text = read(file);
  const worse = text.replace(pattern, instead);
  expect(worse).not.toBe(text);
  expect(check?.(worse)).not.toEqual([]);
});
