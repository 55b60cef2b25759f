import { execFile } from 'node:child_process';
import { access, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Microsoft's Bicep compiler, which it publishes as a NuGet package of one program. */
export const BICEP_VERSION = '0.49.2';

const run = promisify(execFile);
const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'osx-x64',
  'darwin-arm64': 'osx-arm64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

const packageName = (): string | null => {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  return platform === undefined ? null : `Azure.Bicep.CommandLine.${platform}`;
};

/** Where NuGet keeps what was restored: it survives `npm ci`. */
function programPath(env: NodeJS.ProcessEnv): string | null {
  const name = packageName();
  if (name === null) return null;
  const packages = env['NUGET_PACKAGES'] ?? join(homedir(), '.nuget/packages');
  const program = process.platform === 'win32' ? 'bicep.exe' : 'bicep';
  return join(packages, name.toLowerCase(), BICEP_VERSION, 'tools', program);
}

/** The compiler of exactly our version, or null where it has not been fetched. Asks nobody. */
export async function findCompiler(env: NodeJS.ProcessEnv): Promise<string | null> {
  const program = programPath(env);
  if (program === null) return null;
  return await access(program).then(
    () => program,
    () => null,
  );
}

/**
 * Fetches the compiler through the .NET SDK, from wherever NuGet is set up to fetch: a project that is thrown away again asks for
 * the package and nothing else.
 *
 * @throws Error with what the SDK said, or where there is no SDK
 */
export async function fetchCompiler(env: NodeJS.ProcessEnv): Promise<string> {
  const name = packageName();
  if (name === null) throw new Error(`there is no Bicep compiler for ${process.platform}-${process.arch}`);
  const folder = await mkdtemp(join(tmpdir(), 'bicep-'));
  try {
    const project = join(folder, 'fetch.csproj');
    await writeFile(project, projectText(name));
    const quiet = { DOTNET_NOLOGO: '1', DOTNET_CLI_TELEMETRY_OPTOUT: '1' };
    await run('dotnet', ['restore', project, '--verbosity', 'quiet'], { env: { ...env, ...quiet } }).catch(unfetched);
    const program = await findCompiler(env);
    if (program === null) throw new Error(`${name} ${BICEP_VERSION} was restored, but the program is not in it`);
    await chmod(program, 0o755);
    return program;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function unfetched(thrown: NodeJS.ErrnoException & { stdout?: string; stderr?: string }): never {
  if (thrown.code === 'ENOENT') throw new Error('the Bicep compiler comes through the .NET SDK: install it (dotnet)');
  const said = `${thrown.stdout ?? ''}${thrown.stderr ?? ''}`.trim();
  throw new Error(`dotnet restore of the Bicep compiler failed: ${said === '' ? thrown.message : said}`);
}

const projectText = (name: string): string => `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>netstandard2.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="${name}" Version="[${BICEP_VERSION}]" /></ItemGroup>
</Project>
`;
