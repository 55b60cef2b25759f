/** An HTTP function's place: which requests are its own. */
export interface Route {
  readonly methods: readonly string[];
  /** Matches the path below the prefix, without a slash in front. */
  readonly pattern: RegExp;
}

/** Reads a route template: `orders/{id}`, `orders/{id:int}`, `{id?}`, `{*rest}`. */
export function readRoute(template: string, methods: readonly string[]): Route {
  const parts = template.split('/').map((part, i) => {
    const slash = i === 0 ? '' : '/';
    const parameter = /^\{(\*?)(\w+)(?::(\w+))?(\??)\}$/.exec(part);
    if (parameter === null) return `${slash}${part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
    const [, rest, name, type, optional] = parameter;
    const value = rest === '*' ? '.*' : type === 'int' || type === 'long' ? '-?\\d+' : '[^/]+';
    const group = `${slash}(?<${String(name)}>${value})`;
    return optional === '?' || rest === '*' ? `(?:${group})?` : group;
  });
  return { methods: methods.map((method) => method.toUpperCase()), pattern: new RegExp(`^${parts.join('')}$`, 'i') };
}

/** The parameters in a path; null when it is not the route's. */
export function matchRoute({ methods, pattern }: Route, method: string, path: string): Record<string, string> | null {
  if (methods.length > 0 && !methods.includes(method.toUpperCase())) return null;
  const found = pattern.exec(path);
  if (found === null) return null;
  const given = Object.entries(found.groups ?? {}).filter(([, value]) => (value as string | undefined) !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, decodeURIComponent(value)]));
}
