import { parseRequest } from '../../../local/storage/request';

const parse = (method: string, url: string, headers: Record<string, string> = {}) => {
  const { api, operation, fileSystem, path } = parseRequest({ method, url, headers });
  return [api, operation, fileSystem, path].join(' ');
};
const account = '/devstoreaccount1';

it.each([
  ['PUT', `${account}/fs/a/b?resource=file`, {}, 'lake createFile fs a/b'],
  ['PUT', `${account}/fs/a/b?resource=directory`, {}, 'lake createDirectory fs a/b'],
  ['PUT', '/fs/a/b?mode=legacy', { 'x-ms-rename-source': '/fs/c' }, 'lake rename fs a/b'],
  ['PUT', `${account}/fs/a/b`, { 'x-ms-rename-source': '/fs/c' }, 'lake rename fs a/b'],
  ['PATCH', `${account}/fs/a?action=append&position=0`, {}, 'lake append fs a'],
  ['PATCH', `${account}/fs/a?action=flush&position=0`, {}, 'lake flush fs a'],
  ['PATCH', `${account}/fs/a?action=setProperties`, {}, 'lake setProperties fs a'],
  ['PATCH', `${account}/fs/a?action=setAccessControlRecursive`, {}, 'lake setAccessControl fs a'],
  ['PATCH', `${account}/fs?resource=filesystem`, {}, 'lake setFileSystemProperties fs '],
  ['GET', `${account}/fs?resource=filesystem&recursive=true&directory=%2Fa%20b%2F`, {}, 'lake list fs a b'],
  ['GET', `${account}/?resource=account`, {}, 'lake listFileSystems  '],
  ['HEAD', `${account}/fs/a?action=getStatus`, {}, 'lake getStatus fs a'],
  ['HEAD', `${account}/fs/a?action=getAccessControl`, {}, 'lake getAccessControl fs a'],
  ['HEAD', `${account}/fs?resource=filesystem`, {}, 'lake getFileSystemProperties fs '],
  ['PUT', `${account}/fs?resource=filesystem`, {}, 'lake createFileSystem fs '],
  ['DELETE', `${account}/fs?resource=filesystem`, {}, 'lake deleteFileSystem fs '],
  ['DELETE', `${account}/fs/a?paginated=false`, {}, 'lake deletePath fs a'],
  ['DELETE', `${account}/fs/a?recursive=true`, {}, 'lake deletePath fs a'],
  ['POST', `${account}/fs/a`, { 'x-ms-lease-action': 'acquire' }, 'lake leasePath fs a'],
  ['PUT', `${account}/fs/a`, { 'x-ms-blob-type': 'BlockBlob' }, 'blob putBlob fs a'],
  ['PUT', `${account}/fs/a`, { 'x-ms-copy-source': 'http://x' }, 'blob copyBlob fs a'],
  ['PUT', `${account}/fs/a?comp=block&blockid=x`, {}, 'blob putBlock fs a'],
  ['PUT', `${account}/fs/a?comp=blocklist`, {}, 'blob putBlockList fs a'],
  ['GET', `${account}/fs/a?comp=blocklist`, {}, 'blob getBlockList fs a'],
  ['PUT', `${account}/fs/a?comp=lease`, {}, 'blob leaseBlob fs a'],
  ['PUT', `${account}/fs/a?comp=metadata`, {}, 'blob setBlobMetadata fs a'],
  ['PUT', `${account}/fs/a?comp=properties`, {}, 'blob setBlobProperties fs a'],
  ['PUT', `${account}/fs/a?comp=tags`, {}, 'blob otherBlob fs a'],
  ['GET', `${account}/fs/a%2Fb/%C3%BC%20%25.json`, {}, 'blob getBlob fs a/b/ü %.json'],
  ['HEAD', `${account}/fs/a`, {}, 'blob getBlobProperties fs a'],
  ['DELETE', `${account}/fs/a`, {}, 'blob deleteBlob fs a'],
  ['GET', `${account}/fs?restype=container&comp=list&prefix=a%2F`, {}, 'blob listBlobs fs a/'],
  ['PUT', `${account}/fs?restype=container`, {}, 'blob createContainer fs '],
  ['DELETE', `${account}/fs?restype=container`, {}, 'blob deleteContainer fs '],
  ['HEAD', `${account}/fs?restype=container`, {}, 'blob getContainerProperties fs '],
  ['PUT', `${account}/fs?restype=container&comp=metadata`, {}, 'blob otherBlob fs '],
  ['GET', `${account}/?comp=list`, {}, 'blob listContainers  '],
  ['GET', `${account}?restype=account&comp=properties`, {}, 'blob otherBlob  '],
])('%s %s is told apart', (method, url, headers, expected) => {
  expect(parse(method, url, headers)).toBe(expected);
});

it('keeps a plus in the query, and knows its keys in any case', () => {
  const { query } = parseRequest({ method: 'GET', url: `${account}/fs?maxResults=5&A=b+c%2Bd=e&empty`, headers: {} });
  expect([...query]).toEqual([
    ['maxresults', '5'],
    ['a', 'b+c+d=e'],
    ['empty', ''],
  ]);
});

it('throws at a path that is not UTF-8', () => {
  expect(() => parse('GET', `${account}/fs/%E0%A4%A`)).toThrow(URIError);
});
