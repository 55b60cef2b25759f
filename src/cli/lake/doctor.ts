import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../lib/clock';
import { credentialFor } from '../../lib/credential';
import { type Check, type Outcome } from '../../lib/doctor/check';
import { examine, PATIENCE } from '../../lib/doctor/doctor';
import { conclude } from '../exit';
import { type Common } from './room';

const WORDS: Readonly<Record<Outcome, string>> = { ok: 'ok  ', warning: 'warn', failed: 'FAIL', skipped: 'skip' };

export async function doctor({ json }: Common): Promise<void> {
  const tools = {
    env: process.env,
    hostJson: readHostJson(),
    clock: systemClock,
    newId: randomUUID,
    credentialFor,
    patience: PATIENCE,
  };
  const checks = await examine(tools);
  const ok = checks.every(({ outcome }) => outcome !== 'failed');
  if (json) console.log(JSON.stringify({ ok, checks }));
  else for (const line of checks.flatMap(linesOf)) console.log(line);
  if (!json) console.log(summaryOf(checks));
  const broken = checks.filter(({ outcome }) => outcome === 'failed');
  const isOfData = ({ id }: Check): boolean => DATA.test(id);
  conclude({ isMissing: broken.length > 0, isUndone: !broken.every(isOfData) });
}

/** Checks of what is in the lake and in the host's records; all others are of settings, keys, rights and endpoints. */
const DATA = /^(ledgers|pending|gaps|files-|host-checkpoints|host-owners)/;

/** Where the command is run: the app's own folder, as `npm run` has it. */
function readHostJson(): string | null {
  try {
    return readFileSync('host.json', 'utf8');
  } catch {
    return null;
  }
}

function linesOf({ id, title, outcome, found, fix }: Check): string[] {
  if (outcome === 'ok') return [`${WORDS.ok}  ${id}: ${found}`];
  const line = `${WORDS[outcome]}  ${id}: ${title}`;
  if (outcome === 'skipped') return [`${line} (${found})`];
  return [line, `        found: ${found}`, ...(fix === null ? [] : [`        fix:   ${fix}.`])];
}

function summaryOf(checks: readonly Check[]): string {
  const count = (wanted: Outcome): number => checks.filter(({ outcome }) => outcome === wanted).length;
  return `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed, ${count('skipped')} skipped.`;
}
