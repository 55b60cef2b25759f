import { createRequire } from 'node:module';
import { type Tables } from './tables';

/** Microsoft's own parser and binder of KQL (`@kusto/language-service-next`), as much of it as is used here. */

export interface SyntaxNode {
  readonly Kind: number;
  readonly Parent: SyntaxNode | null;
  toString(): string;
}

/** A node of two sides: `==`, `in`, and their like. */
export interface Comparison extends SyntaxNode {
  readonly Left: SyntaxNode;
  readonly Right: SyntaxNode;
}

export interface Literal extends SyntaxNode {
  readonly LiteralValue: unknown;
}

export interface Reference extends SyntaxNode {
  readonly ReferencedSymbol: { readonly Name: string } | null;
}

interface List<T> {
  readonly Count: number;
  getItem(index: number): T;
}

interface Diagnostic {
  readonly Code: string;
  readonly Message: string;
  readonly Start: number;
}

interface Code {
  readonly Syntax: SyntaxNode;
  readonly ResultType: { readonly Columns?: List<{ readonly Name: string; readonly Type: { readonly Name: string } }> };
  GetDiagnostics(): List<Diagnostic>;
}

interface Service {
  readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } };
  readonly KustoCode: { ParseAndAnalyze(text: string, globals: object): Code };
  readonly Symbols: {
    readonly TableSymbol: { readonly $ctor7: new (name: string, schema: string, description: null) => object };
    readonly DatabaseSymbol: { readonly ctor: new (name: string, members: readonly object[]) => object };
  };
  readonly Syntax: {
    readonly SyntaxKind: Readonly<Record<string, number>>;
    readonly SyntaxElement: { WalkNodes(root: SyntaxNode, visit: (node: SyntaxNode) => void): void };
  };
}

/** A column of what a query answers. */
export interface Column {
  readonly name: string;
  /** As KQL names types: `string`, `long`, `real`, `datetime`, `dynamic`, … */
  readonly type: string;
}

export interface Bound {
  readonly root: SyntaxNode;
  /** What does not parse or does not bind, a sentence each, with its line. */
  readonly faults: readonly string[];
  readonly columns: readonly Column[];
}

let loaded: Service | null = null;

/** The package comes from C# and puts itself among the globals; it takes a second, so it is loaded when first asked for. */
function service(): Service {
  if (loaded !== null) return loaded;
  const require = createRequire(__filename);
  require('@kusto/language-service-next/bridge.js');
  require('@kusto/language-service-next');
  loaded = (globalThis as unknown as { Kusto: { Language: Service } }).Kusto.Language;
  return loaded;
}

/** Parses `text` and binds its names to the columns of `tables`. */
export function bind(text: string, tables: Tables): Bound {
  const { GlobalState, KustoCode, Symbols } = service();
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const schema = Object.entries(columns).map(([column, type]) => `${column}:${type}`);
    return new Symbols.TableSymbol.$ctor7(name, `(${schema.join(', ')})`, null);
  });
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('workspace', symbols));
  const code = KustoCode.ParseAndAnalyze(text, globals);
  return {
    root: code.Syntax,
    faults: all(code.GetDiagnostics()).map(({ Code, Message, Start }) => {
      const line = text.slice(0, Start).split('\n').length;
      return `line ${line}: ${Code}: ${Message}`;
    }),
    columns: all(code.ResultType.Columns).map(({ Name, Type }) => ({ name: Name, type: Type.Name })),
  };
}

/** Every node below `root` of one of the kinds, in the order of the text. */
export function nodesOf(root: SyntaxNode, ...kinds: readonly string[]): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  service().Syntax.SyntaxElement.WalkNodes(root, (node) => {
    if (isOfKind(node, ...kinds)) found.push(node);
  });
  return found;
}

/** @throws Error where the package knows no such kind: it was renamed */
export function isOfKind(node: SyntaxNode, ...kinds: readonly string[]): boolean {
  const { SyntaxKind } = service().Syntax;
  return kinds.some((kind) => {
    const number = SyntaxKind[kind];
    if (number === undefined) throw new Error(`KQL has no ${kind}`);
    return node.Kind === number;
  });
}

function all<T>(list: List<T> | undefined): T[] {
  return list === undefined ? [] : Array.from({ length: list.Count }, (_, index) => list.getItem(index));
}
