import type { Node } from './node.js';

/**
 * The nodes behind `roots`, each once, inputs before what uses them; nothing behind a node that `isLeaf` is visited.
 * Iterative, for tapes are deeper than the stack.
 */
export function postorder(roots: readonly Node[], isLeaf: (node: Node) => boolean): Node[] {
  const opened = new Set<Node>();
  const done = new Set<Node>();
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    if (opened.has(node) || isLeaf(node)) {
      done.add(node); // a second time changes nothing
      stack.pop();
      continue;
    }
    opened.add(node);
    for (let i = node.inputs.length - 1; i >= 0; i--) {
      if (!done.has(node.inputs[i])) stack.push(node.inputs[i]);
    }
  }
  return [...done];
}
