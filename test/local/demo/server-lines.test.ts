import { linesOf } from '../../../local/demo/server-lines';

const line = (server: string | null, payload = '{}'): string =>
  `{"format":1,"source":"postgresql","properties":{"server":"branch"},"eventId":"1","change":{"operation":"create",` +
  `"server":${JSON.stringify(server)},"database":"webshop"},"payload":${payload}}\n`;

test('only the lines of one server are left, byte for byte', () => {
  const own = [line('branch', '{"t":"é🙂\u2028"}'), line('branch')];
  const others = [line('webshop', '{"server":"branch"}'), line(null), line('branch_2'), line('a branch')];
  const file = Buffer.from([own[0], ...others, own[1]].join(''));
  expect(linesOf('branch', file).toString()).toBe(own.join(''));
  expect(linesOf('elsewhere', file)).toHaveLength(0);
});
