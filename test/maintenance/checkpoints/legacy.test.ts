import { judgeLegacy, legacySequence } from '../../../src/lib/maintenance/checkpoints/legacy';

const body = (sequence: string) =>
  `{"Offset":"4096","SequenceNumber":${sequence},"PartitionId":"0","Owner":"host","Token":"t","Epoch":7}`;

test.each([
  [body('42'), 42n],
  [body('"42"'), 42n],
  [body('9007199254740993'), 9007199254740993n],
  [body('-1'), null],
  [body('null'), null],
  [body('1.5'), null],
  ['{"Offset":"4096"}', null],
  ['[42]', null],
  ['42', null],
  ['', null],
  ['{"SequenceNumber":42', null],
])('%s bears %s', (text, sequence) => expect(legacySequence(text)).toBe(sequence));

test.each([
  ['42', '42', 'legacy_superseded'],
  ['42', '43', 'legacy_superseded'],
  ['9', '10', 'legacy_superseded'],
  ['10', '9', 'legacy_needed'],
  ['42', '41', 'legacy_needed'],
  ['9007199254740993', '9007199254740992', 'legacy_needed'],
  ['42', null, 'legacy_needed'],
  ['42', '', 'legacy_needed'],
  ['42', '-1', 'legacy_needed'],
  ['42', 'many', 'legacy_needed'],
  ['null', '43', 'legacy_unreadable'],
])('at %s, with a checkpoint at %s: %s', (old, checkpoint, reason) => {
  expect(judgeLegacy(body(old), checkpoint)).toMatchObject({ reason });
});
