import { inspect } from 'node:util';
import fc from 'fast-check';
import { readConfig } from '../../src/lib/config/read';
import { SETTING_NAMES } from '../../src/lib/config/settings';
import { byIdentity, byKey, CANARY, EVENT_HUBS, STORAGE } from './environment';

/** What people do to connection strings: paste them whole, cut, doubled, with separators lost, or into other settings. */
const mangled = fc
  .tuple(
    fc.constantFrom(EVENT_HUBS, STORAGE, `${EVENT_HUBS};EntityPath=x`, `SharedAccessKey=${CANARY}`),
    fc.constantFrom('=', ';', 'SharedAccessKey=', 'AccountKey=', 'Endpoint=', ''),
    fc.constantFrom('', ' ', ':', '=', ';'),
    fc.nat(40),
    fc.constantFrom('', '\n', ';', ';x', ';UseDevelopmentStorage=true', `;${CANARY}`),
  )
  .map(([text, lost, instead, cut, tail]) => (lost === '' ? text : text.replace(lost, instead)).slice(cut) + tail);

const spoiled = fc.oneof({ weight: 4, arbitrary: mangled }, { weight: 1, arbitrary: fc.constant(CANARY) });

const environment = fc
  .array(fc.tuple(fc.constantFrom(...SETTING_NAMES, 'LAKE_FILE_SYSTEM', 'EVENTHUB_KEY'), spoiled), { maxLength: 6 })
  .chain((pairs) => fc.constantFrom({}, byKey, byIdentity).map((base) => ({ ...base, ...Object.fromEntries(pairs) })));

/** Any eight characters of the key in a row would be a leak. */
const pieces = Array.from({ length: CANARY.length - 8 }, (_, start) => CANARY.slice(start, start + 8));

test('whatever combination of faults, neither the report nor the config ever prints a piece of a key', () => {
  let faulty = 0;
  fc.assert(
    fc.property(environment, (env) => {
      let printed: string;
      try {
        printed = inspect(readConfig(env), { depth: null, showHidden: true });
      } catch (error) {
        faulty += 1;
        const { message, stack } = error as Error;
        printed = [message, stack, inspect(error, { depth: null, showHidden: true }), JSON.stringify(error)].join('\n');
      }
      expect(pieces.filter((piece) => printed.includes(piece))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
  // The generator is worth nothing unless most of what it makes is refused.
  expect(faulty).toBeGreaterThan(1000);
});
