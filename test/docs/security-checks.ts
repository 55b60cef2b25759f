import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import packageJson from '../../package.json';
import { loadPlan, ofType } from '../infra/plan';
import { type Check, differences, matches, read, registered, root, without } from './compare';
import { PARAMETERS } from './deploy-checks';
import { tableOf } from './markdown';

const ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments';

/** Where a role is given, in the table's words, by the resource that its id is under. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/\/eventhubs\/[\w-]+$/, 'hub'],
  [/\/storageAccounts\/stlake\w+\/blobServices\/default\/containers\/data$/, 'the container data'],
  [/\/storageAccounts\/sthost\w+$/, 'the host’s account'],
  [/\/Microsoft\.Insights\/components\/[\w-]+$/, 'Application Insights'],
  [/\/Microsoft\.KeyVault\/vaults\/[\w-]+$/, 'the vault'],
];

/** `id at place` of each role that a plan of the template gives. */
function givenBy(plan: string): readonly string[] {
  const given = ofType(loadPlan(plan), ASSIGNMENTS).map(({ id, properties }) => {
    const role = String(properties['roleDefinitionId']).split('/').at(-1) ?? '';
    const scope = id.split(`/providers/${ASSIGNMENTS}/`)[0] ?? '';
    return `${role} at ${PLACES.find(([pattern]) => pattern.test(scope))?.[1] ?? scope}`;
  });
  return [...new Set(given)];
}

const rolesOf = (text: string): readonly { name: string; id: string; place: string; isAlways: boolean }[] =>
  tableOf(text, 'roles').map(({ role = '', id = '', where = '', when = '' }) => ({
    ...{ name: role, id, isAlways: when === 'always' },
    place: where.replace("'", '’').replace(/^(each|a) hub$/, 'hub'),
  }));

/** The names that the template's sources call a role by. */
function isCalled(id: string, name: string): boolean {
  const folder = 'infra/modules';
  const sources = readdirSync(join(root, folder)).map((file) => read(`${folder}/${file}`));
  // The comment above the identifier, or the description beside it, begins with the name.
  return sources.some((source) => {
    const at = source.indexOf(id);
    return at >= 0 && source.slice(Math.max(0, at - 300), at + 120).includes(name);
  });
}

/** The slug that GitHub gives a heading. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** @param file the document's own path, for links relative to it */
export const linkCheck =
  (file: string): Check =>
  (text) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([, path = '', anchor]) => {
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(root, target))) return [`${target} is not there`];
      if (anchor === undefined) return [];
      const headings = matches(path === '' ? text : read(target), /^#+ (.+)$/gm).map(slug);
      return headings.includes(anchor) ? [] : [`${target} has no #${anchor}`];
    });

const listed = (text: string, name: string): readonly string[] =>
  matches(new RegExp(`<!-- ${name}:begin -->([^]*?)<!-- ${name}:end -->`).exec(text)?.[1] ?? '', /`([^`]+)`/g);

const constants = (path: string, name: string): readonly string[] =>
  matches(new RegExp(`const ${name}[^=]*= new Set\\(\\[([^]*?)\\]\\)`).exec(read(path))?.[1] ?? '', /'([^']+)'/g);

export const securityChecks: Readonly<Record<string, Check>> = {
  'the roles are those that the template gives': (text) => [
    ...differences(
      rolesOf(text).map(({ id, place }) => `${id} at ${place}`),
      givenBy('everything'),
    ),
    ...differences(
      rolesOf(text)
        .filter(({ isAlways }) => isAlways)
        .map(({ id, place }) => `${id} at ${place}`),
      givenBy('prod'),
    ),
  ],

  'each role has the name that the template’s sources give it': (text) =>
    rolesOf(text).flatMap(({ id, name }) => (isCalled(id, name) ? [] : [`nobody calls ${id} ${name}`])),

  'the roles are those that the policies want': (text) =>
    differences(
      rolesOf(text).map(({ id }) => id),
      matches(read('test/infra/policies/roles.ts'), /: '([0-9a-f-]{36})'/g),
    ),

  'no identifier is there that the table of roles does not explain': (text) =>
    without(
      matches(text, /\b([0-9a-f]{8}-[0-9a-f-]{27})\b/g),
      rolesOf(text).map(({ id }) => id),
      'identifier',
    ),

  'the licences are those that the check permits': (text) => [
    ...differences(listed(text, 'licences'), constants('local/package/licences.ts', 'PERMITTED')),
    ...constants('local/package/dependencies.ts', 'PERMITTED_FOR_TOOLS')
      .filter((licence) => !licence.startsWith('http') && !text.includes(`\`${licence}\``))
      .map((licence) => `${licence} is permitted for tools, and not told`),
  ],

  'install scripts are those that are allowed': (text) =>
    differences(
      listed(text, 'scripts'),
      Object.entries(packageJson.allowScripts).flatMap(([name, isAllowed]) => (isAllowed ? [name] : [])),
    ),

  'the status page is protected as it says': (text) => {
    const [, code] = /app\.http\('status', \{[^}]*authLevel: '(\w+)'/.exec(read('src/functions/status.ts')) ?? [];
    const [, said] = /`authLevel` `(\w+)`/.exec(text) ?? [];
    const cached = /`cache-control: ([\w-]+)`/.exec(text)?.[1] ?? 'nothing';
    const headers = read('src/lib/status/serve.ts');
    return [
      ...(code !== undefined && said === code ? [] : [`authLevel is ${String(code)}, not ${String(said)}`]),
      ...(headers.includes(`'cache-control': '${cached}'`) ? [] : [`cache-control is not ${cached}`]),
      ...(/FRESH_MS = 3_000/.test(headers) === text.includes('every three seconds') ? [] : ['not every three seconds']),
    ];
  },

  'names in camel case are parameters, or known from elsewhere': (text) =>
    without(
      matches(text, /`([a-z]+(?:[A-Z][A-Za-z]*)+)`/g),
      [
        ...PARAMETERS,
        ...registered(),
        ...['authLevel', 'allowScripts', 'disableLocalAuth', 'allowSharedKeyAccess', 'allowBlobPublicAccess'],
        ...['slotRetainedBytes', 'partitionKey', 'eventId', 'bodyBase64', 'payloadRef', 'completeThrough'],
      ],
      'name',
    ),

  'links lead somewhere, to the very heading': linkCheck('docs/security.md'),

  'paths of the project exist': (text) =>
    matches(text, /`((?:src|local|test|infra|docs)\/[\w./-]+)`/g)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${path} is not there`),
};

/** The roles that commands and tables of a document give to people: each is the app's, too, or known by name. */
export const givenRolesCheck: Check = (text) =>
  without(
    [
      ...matches(text, /(?:^|\s)grant '([^']+)'/g),
      ...matches(text, /--role '([^']+)'/g),
      ...tableOf(text, 'operator').map(({ role = '' }) => role),
    ],
    [...rolesOf(read('docs/security.md')).map(({ name }) => name), 'Key Vault Secrets Officer', 'Website Contributor'],
    'role',
  );

/** SECURITY.md: where to report, without an address that nobody has. */
export const policyCheck: Check = (text) => [
  ...linkCheck('SECURITY.md')(text),
  ...(text.includes('private vulnerability reporting') ? [] : ['it does not say where to report']),
  ...['## Supported versions', '## Reporting a weakness']
    .filter((heading) => !text.includes(heading))
    .map((heading) => `${heading} is missing`),
  ...matches(text, /([\w.]+@[\w-]+\.\w+|https?:\/\/\S+)/g).map((address) => `${address} is nobody’s`),
];
