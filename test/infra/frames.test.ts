import fc from 'fast-check';
import { frame, unframe } from '../../local/bicep/frames';

test('messages come out as they went in, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ id: fc.nat(), text: fc.string({ unit: 'grapheme' }) })), fc.nat(), (sent, at) => {
      const bytes = Buffer.concat(sent.map((message) => frame(message)));
      const cut = bytes.length === 0 ? 0 : at % bytes.length;
      const first = unframe(bytes.subarray(0, cut));
      const second = unframe(Buffer.concat([first.rest, bytes.subarray(cut)]));
      expect([...first.messages, ...second.messages]).toEqual(sent);
      expect(second.rest).toHaveLength(0);
    }),
  );
});

test('a message without its length is refused', () => {
  expect(() => unframe(Buffer.from('Content-Type: text\r\n\r\n{}'))).toThrow('without its length');
});
