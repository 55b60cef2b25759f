import { ask } from './rest';
import { type Account, names, put, startAccount } from './support';

let account: Account;
beforeAll(async () => {
  account = await startAccount({ pageSize: 3 });
});
afterAll(() => account[Symbol.asyncDispose]());

const rest = (method: string, target: string, headers?: Record<string, string>) =>
  ask(account.storage, method, target, headers);
const refusal = (code: string) => ({ error: { code, message: expect.any(String) as string } });

describe('a file system', () => {
  it('is created, described, changed, listed and deleted', async () => {
    const created = await rest('PUT', '/rest-a?resource=filesystem', { 'x-ms-properties': 'a=MQ==' });
    expect(created.status).toBe(201);
    expect(created.headers.get('x-ms-namespace-enabled')).toBe('true');
    const described = await rest('HEAD', '/rest-a?resource=filesystem');
    expect(described.headers.get('x-ms-properties')).toBe('a=MQ==');
    expect(described.headers.get('etag')).toBe(created.headers.get('etag'));
    expect((await rest('PATCH', '/rest-a?resource=filesystem', { 'x-ms-properties': 'b=Mg==' })).status).toBe(200);
    expect((await account.lake.getFileSystemClient('rest-a').getProperties()).metadata).toEqual({ b: '2' });
    expect((await rest('DELETE', '/rest-a?resource=filesystem')).status).toBe(202);
    expect(await account.lake.getFileSystemClient('rest-a').exists()).toBe(false);
  });

  it('answers with the error codes of the service', async () => {
    expect(await rest('PUT', '/data?resource=filesystem')).toMatchObject({
      status: 409,
      body: refusal('FilesystemAlreadyExists'),
    });
    expect(await rest('DELETE', '/nowhere?resource=filesystem')).toMatchObject({
      status: 404,
      body: refusal('FilesystemNotFound'),
    });
    expect((await rest('PUT', '/no--good?resource=filesystem')).status).toBe(400);
  });

  it('takes its files along when it is deleted', async () => {
    const other = account.lake.getFileSystemClient('short-lived');
    await other.create();
    await other.getFileClient('a/b.txt').upload(Buffer.from('x'));
    expect((await rest('DELETE', '/short-lived?resource=filesystem')).status).toBe(202);
    await other.create();
    expect((await rest('GET', '/short-lived?resource=filesystem&recursive=true')).body).toEqual({ paths: [] });
  });

  it('is listed by pages and by prefix', async () => {
    for (const name of ['page-1', 'page-2', 'page-3', 'page-4']) await account.lake.getFileSystemClient(name).create();
    const first = await rest('GET', '/?resource=account&prefix=page-');
    const token = first.headers.get('x-ms-continuation') ?? '';
    const second = await rest('GET', `/?resource=account&prefix=page-&continuation=${token}`);
    const namesOf = (body: unknown) =>
      (body as { filesystems: { name: string }[] }).filesystems.map(({ name }) => name);
    expect([...namesOf(first.body), '|', ...namesOf(second.body)]).toEqual([
      'page-1',
      'page-2',
      'page-3',
      '|',
      'page-4',
    ]);
    expect(second.headers.get('x-ms-continuation')).toBeNull();
  });
});

describe('a path', () => {
  it('tells its status', async () => {
    const etag = await put(account, 'status/a.txt', '12345');
    const { status, headers } = await rest('HEAD', '/data/status/a.txt?action=getStatus');
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({ 'content-length': '5', 'x-ms-resource-type': 'file', etag });
    const directory = await rest('HEAD', '/data/status?action=getStatus');
    expect(directory.headers.get('x-ms-resource-type')).toBe('directory');
    expect((await rest('HEAD', '/data/status/b.txt?action=getStatus')).headers.get('x-ms-error-code')).toBe(
      'PathNotFound',
    );
  });

  it('takes properties', async () => {
    await put(account, 'properties/a.txt');
    const set = { 'x-ms-properties': 'k=dg==', 'x-ms-content-type': 'text/x', 'content-length': '0' };
    expect((await rest('PATCH', '/data/properties/a.txt?action=setProperties', set)).status).toBe(200);
    const { headers } = await rest('HEAD', '/data/properties/a.txt?action=getStatus');
    expect([headers.get('x-ms-properties'), headers.get('content-type')]).toEqual(['k=dg==', 'text/x']);
    await rest('PATCH', '/data/properties?action=setProperties', { 'x-ms-properties': 'd=MQ==' });
    expect((await account.data.getDirectoryClient('properties').getProperties()).metadata).toEqual({
      d: '1',
      hdi_isfolder: 'true',
    });
    expect(
      await rest('PATCH', '/data/properties/a.txt?action=setProperties', { 'x-ms-properties': 'no pair' }),
    ).toMatchObject({ status: 400, body: refusal('InvalidHeaderValue') });
  });

  it('is deleted a page at a time, the directory itself last', async () => {
    for (const name of ['a', 'b', 'c/d', 'c/e']) await put(account, `paged/${name}`);
    const target = '/data/paged?recursive=true&paginated=true';
    const left: string[][] = [];
    for (let more = true; more;) {
      const { status, headers } = await rest('DELETE', `${target}${left.length === 0 ? '' : '&continuation=more'}`);
      expect(status).toBe(200);
      more = headers.has('x-ms-continuation');
      if (more) left.push(await names(account, { path: 'paged', recursive: true }));
    }
    expect(left).toEqual([['paged/a', 'paged/b']]);
    expect(await account.data.getDirectoryClient('paged').exists()).toBe(false);
  });
});

describe('a request', () => {
  it('may sign Content-Encoding and Content-Language in either order', async () => {
    await put(account, 'either.txt');
    const set = { 'content-encoding': 'one', 'content-language': 'two' };
    for (const order of [
      ['content-encoding', 'content-language'],
      ['content-language', 'content-encoding'],
    ]) {
      const { status } = await ask(account.storage, 'HEAD', '/data/either.txt?action=getStatus', set, order);
      expect(status).toBe(200);
    }
  });

  it('is refused without a signature, with a shared access signature and with a token', async () => {
    const target = `${account.storage.dfsEndpoint}/data?resource=filesystem&recursive=true`;
    const tries = [
      fetch(target),
      fetch(`${target}&sv=2025-11-05&sig=abc`),
      fetch(target, { headers: { authorization: 'Bearer x' } }),
    ];
    for (const answer of await Promise.all(tries)) {
      expect(answer.status).toBe(403);
      expect(answer.headers.get('x-ms-error-code')).toBe('AuthenticationFailed');
      expect(await answer.json()).toEqual(refusal('AuthenticationFailed'));
    }
  });

  it('is refused when it lacks a parameter or has a bad one', async () => {
    await put(account, 'bad/a.txt');
    const refused = async (method: string, target: string) =>
      (await rest(method, target)).headers.get('x-ms-error-code');
    expect(await refused('GET', '/data?resource=filesystem')).toBe('MissingRequiredQueryParameter');
    expect(await refused('GET', '/data?resource=filesystem&recursive=true&maxResults=x')).toBe(
      'InvalidQueryParameterValue',
    );
    expect(await refused('PATCH', '/data/bad/a.txt?action=flush')).toBe('MissingRequiredQueryParameter');
    expect(await refused('PATCH', '/data/bad/a.txt?action=nonsense')).toBe('InvalidQueryParameterValue');
    expect(await refused('DELETE', '/data/?recursive=true')).toBe('PathNotFound');
  });

  it('with a path that is no UTF-8 harms nobody', async () => {
    const answer = await fetch(`${account.storage.dfsEndpoint}/data/%E0%A4%A?resource=file`, { method: 'PUT' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await rest('HEAD', '/data?resource=filesystem')).status).toBe(200);
  });
});
