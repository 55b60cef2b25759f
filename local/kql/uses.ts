import { type Comparison, isOfKind, type Literal, nodesOf, type Reference, type SyntaxNode } from './language';
import { type Tables } from './tables';

/** `line.report.name`: root `line`, key `report.name`; `line["report"]["name"]` is the same. */
export interface Path {
  readonly root: string;
  readonly key: string;
}

/** What a value is compared with, as far as it is written out. */
export interface Compared {
  /** A column, or a path into one; null for anything else. */
  readonly subject: string | null;
  readonly values: readonly string[];
}

/** What one statement of a query (each `let`, and what answers) uses. */
export interface Uses {
  readonly tables: readonly string[];
  readonly paths: readonly Path[];
  readonly compared: readonly Compared[];
  /** Names of columns, tables, functions and variables. */
  readonly names: readonly string[];
  readonly texts: readonly string[];
  /** What is read of a value by a key that is worked out. */
  readonly computed: readonly string[];
}

const COMPARISONS = [
  ...['EqualExpression', 'NotEqualExpression', 'EqualTildeExpression', 'BangTildeExpression'],
  ...['InExpression', 'NotInExpression', 'InCsExpression', 'NotInCsExpression'],
  ...['HasExpression', 'NotHasExpression', 'ContainsExpression', 'StartsWithExpression', 'EndsWithExpression'],
];

const PATHS = ['PathExpression', 'ElementExpression'];

/** Every statement's uses, in their order. */
export function usesOf(root: SyntaxNode, tables: Tables): Uses[] {
  return nodesOf(root, 'LetStatement', 'ExpressionStatement').map((statement) => {
    const names = nodesOf(statement, 'NameReference');
    const inner = nodesOf(statement, ...PATHS)
      .filter(isOuter)
      .map(dotted);
    return {
      tables: [...new Set(names.map(tableName).filter((name) => Object.hasOwn(tables, name)))],
      paths: inner.flatMap(pathOf),
      compared: nodesOf(statement, ...COMPARISONS).map((node) => comparedOf(node as Comparison)),
      names: names.map(textOf),
      texts: textsIn(statement),
      computed: inner.filter((text) => pathOf(text).length === 0),
    };
  });
}

/** Without the comment and the blanks that stand before it. */
function textOf(node: SyntaxNode): string {
  return node
    .toString()
    .replace(/^(\s|\/\/[^\n]*\n)+/, '')
    .trim();
}

/** Of a table or of nothing: a column that is called as a table is its column. */
function tableName(node: SyntaxNode): string {
  return (node as Reference).ReferencedSymbol?.Name ?? '';
}

const isOuter = ({ Parent }: SyntaxNode): boolean => Parent === null || !isOfKind(Parent, ...PATHS);

/** Keywords have to be written as `["missing"]`. */
const dotted = (node: SyntaxNode): string => textOf(node).replace(/\.?\[["'](\w+)["']\]/g, '.$1');

function pathOf(text: string): Path[] {
  const [, root, key] = /^(\w+)\.([\w.]+)$/.exec(text) ?? [];
  return root === undefined || key === undefined ? [] : [{ root, key }];
}

/** `tostring(line.kind) == "failed"` compares `line.kind`. */
function comparedOf({ Left, Right }: Comparison): Compared {
  const bare = dotted(Left).replace(/^(?:tostring|tolower)\(\s*([\w.]+)\s*\)$/, '$1');
  return { subject: /^[\w.]+$/.test(bare) ? bare : null, values: textsIn(Right) };
}

function textsIn(node: SyntaxNode): string[] {
  return nodesOf(node, 'StringLiteralExpression').map((literal) => String((literal as Literal).LiteralValue));
}
