import { type Ledger } from './ledger';
import { nameOf, parseName, planPath } from './names';
import { type Lake } from './port';
import { dayFolder } from '../time';

/**
 * Whether an optimise plan lists the file at `path` among its inputs: then it was published, and merged away since.
 * Of a plan only `inputs[].path` is read here. A plan that cannot be read lists nothing.
 */
export async function planNames(lake: Lake, ledger: Ledger, path: string): Promise<boolean> {
  const file = parseName(nameOf(path));
  if (file === null) return false;
  const plan = await lake.read(planPath(ledger.source, dayFolder(file.firstEnqueuedAt), ledger.partition));
  return plan !== null && inputsOf(plan.bytes).includes(path);
}

function inputsOf(bytes: Buffer): string[] {
  try {
    const plan = JSON.parse(bytes.toString('utf8')) as { inputs?: { path?: unknown }[] } | null;
    return Array.isArray(plan?.inputs) ? plan.inputs.map((input) => String(input.path)) : [];
  } catch {
    return [];
  }
}
