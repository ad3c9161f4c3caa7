/** Finds what a pure file must not touch: clock, chance, environment, timers, network, console, code from elsewhere. */

import type { Node } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';

/** Globals of which every use is one, by the word for it. */
const ambientGlobals: Readonly<Record<string, string>> = {
  process: 'the environment (process)',
  globalThis: 'the environment (globalThis)',
  require: 'code from elsewhere (require)',
  console: 'the terminal (console)',
  performance: 'the clock (performance)',
  crypto: 'randomness (crypto)',
  setTimeout: 'a timer (setTimeout)',
  setInterval: 'a timer (setInterval)',
  setImmediate: 'a timer (setImmediate)',
  fetch: 'the network (fetch)',
  WebSocket: 'the network (WebSocket)',
  EventSource: 'the network (EventSource)',
};

/** Members of globals that are otherwise harmless. */
const ambientMembers: Readonly<Record<string, string>> = {
  'Date.now': 'the clock (Date.now)',
  'Math.random': 'randomness (Math.random)',
  'AbortSignal.timeout': 'a timer (AbortSignal.timeout)',
  'Temporal.Now': 'the clock (Temporal.Now)',
};

/** What a node touches, in words; undefined when nothing. `declared` are names that are something else in this file. */
export function ambientUseOf(node: Node, declared: ReadonlySet<string>): string | undefined {
  if (is.isPropertyAccessExpression(node) && is.isIdentifier(node.expression)) {
    const name = node.expression.text;
    return declared.has(name) ? undefined : ambientMembers[`${name}.${node.name.text}`];
  }
  if (is.isNewExpression(node) && isNamed(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0) {
    return 'the clock (new Date())';
  }
  if (is.isCallExpression(node)) {
    if (node.expression.kind === SyntaxKind.ImportKeyword) return 'code from elsewhere (import())';
    if (isNamed(node.expression, 'Date')) return 'the clock (Date())';
  }
  if (is.isMetaProperty(node) && node.keywordToken === SyntaxKind.ImportKeyword) return 'its own place (import.meta)';
  if (!is.isIdentifier(node) || declared.has(node.text) || !isValue(node)) return undefined;
  return Object.hasOwn(ambientGlobals, node.text) ? ambientGlobals[node.text] : undefined;
}

/** Names that the file itself declares or imports, anywhere in it. */
export function declaredNamesOf(file: Node): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: Node): void => {
    if (declaresName(node) && is.isIdentifier(node.name)) names.add(node.name.text);
    node.forEachChild(visit);
  };
  visit(file);
  return names;
}

const declaringKinds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.VariableDeclaration,
  SyntaxKind.Parameter,
  SyntaxKind.BindingElement,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ClassDeclaration,
  SyntaxKind.ImportClause,
  SyntaxKind.ImportSpecifier,
  SyntaxKind.NamespaceImport,
]);

function declaresName(node: Node): node is Node & { readonly name: Node } {
  return declaringKinds.has(node.kind) && 'name' in node && node.name !== undefined;
}

/** Whether an identifier stands for a value: not a name that is being given, and not inside a type. */
function isValue(node: Node): boolean {
  const { parent } = node;
  if (is.isShorthandPropertyAssignment(parent)) return true;
  const isName =
    ('name' in parent && parent.name === node) || ('propertyName' in parent && parent.propertyName === node);
  return !isName && !isInType(node);
}

function isInType(node: Node): boolean {
  for (let above = node.parent; above.kind !== SyntaxKind.SourceFile; above = above.parent) {
    if (is.isTypeNode(above) && !is.isExpressionWithTypeArguments(above)) return true;
    if (is.isInterfaceDeclaration(above) || is.isTypeAliasDeclaration(above)) return true;
  }
  return false;
}

function isNamed(node: Node, name: string): boolean {
  return is.isIdentifier(node) && node.text === name;
}
