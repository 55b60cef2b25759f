import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLANS, TEMPLATE, writeFiles } from './files';
import { type Files } from './lock';
import { type Diagnostic, type Session, startSession } from './session';

/** What the compiler made of the sources. Whatever it said is a complaint: no warning is let pass. */
export interface Compiled {
  readonly outputs: Files;
  readonly complaints: readonly string[];
}

/** Plans are worked out for a subscription that is nobody's. */
const METADATA = {
  subscriptionId: '00000000-0000-0000-0000-000000000001',
  ...{ tenantId: null, resourceGroup: null, location: null, deploymentName: null },
};

/**
 * Builds, which lints too, compares with the compiler's own formatting, and works out what each file of parameters would deploy: of
 * a copy, so that nothing is written over. No network: the template uses no registry's modules.
 */
export async function compile(program: string, sources: Files): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'infra-'));
  try {
    await writeFiles(folder, sources);
    await using session = startSession(program, folder);
    return await compileIn(session, folder, sources);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compileIn(session: Session, folder: string, sources: Files): Promise<Compiled> {
  const built = (await session.ask('bicep/compile', { path: join(folder, 'infra/main.bicep') })) as Built;
  const complaints = built.diagnostics.map((diagnostic) => sentence(diagnostic, folder));
  if (complaints.length > 0) return { outputs: {}, complaints };

  const outputs: Record<string, string> = { [TEMPLATE]: built.contents ?? '' };
  for (const [parameters, snapshot] of Object.entries(PLANS)) {
    const path = join(folder, parameters);
    const { diagnostics } = (await session.ask('bicep/compileParams', { path, parameterOverrides: {} })) as Built;
    complaints.push(...diagnostics.map((diagnostic) => sentence(diagnostic, folder)));
    const question = { path, metadata: METADATA, externalInputs: null };
    outputs[snapshot] = inOrder(((await session.ask('bicep/getSnapshot', question)) as { snapshot: string }).snapshot);
  }
  for (const [path, text] of Object.entries(sources).filter(([name]) => /\.bicep(param)?$/.test(name))) {
    const { contents } = (await session.ask('bicep/format', { path: join(folder, path) })) as { contents: string };
    if (contents !== text) complaints.push(`${path} is not as bicep format writes it`);
  }
  return { outputs, complaints };
}

interface Built {
  readonly diagnostics: readonly Diagnostic[];
  readonly contents?: string;
}

/** `infra/main.bicep(3,7): no-unused-params: Parameter "x" is declared but never used.` */
function sentence({ source, range, code, message }: Diagnostic, folder: string): string {
  const path = source.replace(`${folder}/`, '');
  return `${path}(${range.start.line + 1},${range.start.char + 1}): ${code}: ${message}`;
}

/** The compiler writes a snapshot's outputs in another order each time. */
function inOrder(text: string): string {
  const { outputs = {}, ...rest } = JSON.parse(text) as { outputs?: Record<string, unknown> };
  const sorted = Object.fromEntries(Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ ...rest, outputs: sorted }, null, 2)}\n`;
}
