/** Of a library of WGSL declarations, those that a shader needs: compilers take time for the others too. */

interface Declaration {
  readonly text: string;
  readonly uses: readonly string[];
}

const words = (text: string): string[] => [...new Set(text.match(/\b[A-Za-z_]\w*/g) ?? [])];

/** Declarations by name; each starts at a line of its own, and comments before it are left out. */
export function readLibrary(sources: readonly string[]): ReadonlyMap<string, Declaration> {
  const declarations = new Map<string, Declaration>();
  const start = /^(?:fn|struct|const|var<private>) (\w+)/;
  for (const part of sources.join('\n').split(/^(?=fn |struct |const |var<private> )/m)) {
    const name = start.exec(part)?.[1];
    if (name === undefined) continue;
    const text = part.replace(/\s*\/\/[^\n]*/g, '').trim();
    declarations.set(name, { text, uses: words(text) });
  }
  return declarations;
}

/** The declarations that `code` names, and those that they name. */
export function needed(library: ReadonlyMap<string, Declaration>, code: string): string[] {
  const found = new Set<string>();
  const visit = (names: readonly string[]): void => {
    for (const name of names) {
      const declaration = library.get(name);
      if (!declaration || found.has(name)) continue;
      found.add(name);
      visit(declaration.uses);
    }
  };
  visit(words(code));
  return [...found].map((name) => library.get(name)!.text);
}
